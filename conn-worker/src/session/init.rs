//! `init`: what we say, and whether we can live with what the peer says.
//!
//! BOLT 1, [the `init` message](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-init-message).

use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};
use lnwire::bolt1::{ChainHashes, Init};
use lnwire::{ChainHash, WireMessage};

use super::config::SessionConfig;
use crate::error::EndReason;

/// Encodes our `init`.
///
/// # Panics
/// If it would be longer than a message may be.
pub(super) fn hello(config: &SessionConfig) -> Bytes {
    let init = Init {
        features: config.offered_features(),
        networks: (!config.networks.is_empty()).then(|| ChainHashes::new(&config.networks)),
        remote_addr: config.remote_addr.as_ref().map(|address| {
            let mut descriptor = BytesMut::with_capacity(address.encoded_len());
            address.write(&mut descriptor);
            descriptor.freeze()
        }),
        ..Init::default()
    };
    let mut message = BytesMut::with_capacity(init.encoded_len());
    init.encode(&mut message)
        .expect("features and chains of the configuration have to fit one message");
    message.freeze()
}

/// Reads the peer's first message, which must be `init`, and checks it against the chains we serve.
///
/// The bytes are copied to their exact size first: features live as long as the connection, and a slice would
/// keep the whole received block.
pub(super) fn read(message: &Bytes, networks: &[ChainHash]) -> Result<Init, EndReason> {
    match message.first_chunk().copied().map(u16::from_be_bytes) {
        Some(Init::TYPE) | None => {}
        Some(msg_type) => return Err(EndReason::NotInit { msg_type }),
    }
    let init = Init::decode(Bytes::copy_from_slice(message)).map_err(|error| {
        EndReason::UndecodableMessage(lnwire::MessageError {
            msg_type: if message.len() < 2 { 0 } else { Init::TYPE },
            error,
        })
    })?;
    let features = init.all_features();
    if let Some(bit) = features.required_unknown() {
        return Err(EndReason::UnknownFeature { bit });
    }
    if let Some((feature, needed)) = features.missing_dependency() {
        return Err(EndReason::MissingDependency {
            feature: feature.name,
            needed: needed.name,
        });
    }
    if let Some(theirs) = &init.networks {
        let common = networks.iter().any(|ours| theirs.contains(*ours));
        if !networks.is_empty() && !common {
            return Err(EndReason::NoCommonChain);
        }
    }
    Ok(init)
}

/// What is kept until the peer's `init` has arrived.
#[derive(Debug)]
pub(super) struct Hello {
    /// Our `init`, encoded.
    pub(super) message: Bytes,
    /// The chains we serve.
    pub(super) networks: Vec<ChainHash>,
}
