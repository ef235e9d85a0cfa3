//! Strategies of [`mod@proptest`] for the tests of whoever uses this crate.
//!
//! They make values of random bytes by [`arbitrary`], so shrinking a value shrinks those bytes.
//!
//! ```
//! use lnwire::{Message, proptest::prelude::*, strategy};
//! proptest!(|(message in strategy::message())| {
//!     let mut out = Vec::new();
//!     message.encode(&mut out)?;
//!     prop_assert_eq!(Message::decode(out.into()), Ok(message));
//! });
//! ```

use alloc::{string::ToString, vec::Vec};
use core::fmt::Debug;

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use proptest::{collection::vec, prelude::*};

use crate::{
    bolt1::Init,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
    features::Features,
    message::Message,
    types::{Address, NodeId, ShortChannelId},
};

/// Enough for any message but the longest lists.
const MAX_SEED: usize = 2000;

/// Any value of a type that can be made of random bytes: each message and each type of this crate.
pub fn of<T: for<'a> Arbitrary<'a> + Debug>() -> impl Strategy<Value = T> {
    vec(any::<u8>(), 0..=MAX_SEED).prop_filter_map("bytes that make no such value", |seed| {
        T::arbitrary(&mut Unstructured::new(&seed)).ok()
    })
}

/// A message of any type, known or not.
pub fn message() -> impl Strategy<Value = Message> {
    of::<Message>()
}

/// The bytes of a message of any type, as they come from a transport.
pub fn frame() -> impl Strategy<Value = Bytes> {
    message().prop_map(|message| {
        let mut out = Vec::with_capacity(message.encoded_len());
        message.write(&mut out);
        out.into()
    })
}

/// An `init`.
pub fn init() -> impl Strategy<Value = Init> {
    of::<Init>()
}

/// A `channel_announcement`; its signatures are random and do not verify.
pub fn channel_announcement() -> impl Strategy<Value = ChannelAnnouncement> {
    of::<ChannelAnnouncement>()
}

/// A `node_announcement`; its signature is random and does not verify.
pub fn node_announcement() -> impl Strategy<Value = NodeAnnouncement> {
    of::<NodeAnnouncement>()
}

/// A `channel_update`; its signature is random and does not verify.
pub fn channel_update() -> impl Strategy<Value = ChannelUpdate> {
    of::<ChannelUpdate>()
}

/// An address, usable or not.
pub fn address() -> impl Strategy<Value = Address> {
    of::<Address>()
}

/// An address that may be announced and has a text form both ways.
pub fn usable_address() -> impl Strategy<Value = Address> {
    address().prop_filter_map("address that nobody can use", |address| {
        address.to_string().parse().ok()
    })
}

/// A feature vector, leading zero bytes included.
pub fn features() -> impl Strategy<Value = Features> {
    of::<Features>()
}

/// A node's id: looks like a compressed key, and lies on the curve or not.
pub fn node_id() -> impl Strategy<Value = NodeId> {
    (any::<bool>(), any::<[u8; 32]>()).prop_map(|(odd, x)| {
        let mut bytes = [2; NodeId::LEN];
        let (prefix, rest) = bytes.split_at_mut(1);
        prefix.fill(if odd { 3 } else { 2 });
        rest.copy_from_slice(&x);
        NodeId(bytes)
    })
}

/// A short channel id.
pub fn short_channel_id() -> impl Strategy<Value = ShortChannelId> {
    any::<u64>().prop_map(ShortChannelId)
}
