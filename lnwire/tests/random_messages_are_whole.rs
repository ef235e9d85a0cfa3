//! Values made of random bytes are what they claim to be: messages decode to themselves, of every type.
#![cfg(feature = "proptest")]

use lnwire::arbitrary::{Arbitrary, Unstructured};
use lnwire::proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use lnwire::{Address, Addresses, BigSize, Message, NodeId, bolt2::ChannelReady, strategy};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn messages(message in strategy::message()) {
        let mut out = Vec::new();
        message.encode(&mut out).unwrap();
        prop_assert_eq!(out.len(), message.encoded_len());
        prop_assert_eq!(Message::decode(out.into()), Ok(message));
    }

    #[test]
    fn frames(frame in strategy::frame()) {
        prop_assert!(Message::decode(frame).is_ok());
    }

    #[test]
    fn addresses(address in strategy::address(), usable in strategy::usable_address()) {
        let mut out = Vec::new();
        address.write(&mut out);
        let list = Addresses::from_bytes(out.into());
        prop_assert!(list.iter().eq([Ok(address)]));
        prop_assert!(usable.is_usable());
        prop_assert_eq!(usable.to_string().parse::<Address>(), Ok(usable));
    }

    #[test]
    fn others(
        node_id in strategy::node_id(),
        features in strategy::features(),
        size in strategy::of::<BigSize>(),
        ready in strategy::of::<ChannelReady>(),
        _announcements in (
            strategy::init(),
            strategy::channel_announcement(),
            strategy::node_announcement(),
            strategy::channel_update(),
            strategy::short_channel_id(),
        ),
    ) {
        prop_assert!(matches!(node_id, NodeId([2 | 3, ..])));
        prop_assert!(features.minimal().iter().eq(features.iter()));
        let mut out = Vec::new();
        size.write(&mut out);
        prop_assert_eq!(out.len(), size.encoded_len());
        prop_assert!(ready.unknown.iter().all(|(tlv_type, _)| tlv_type % 2 == 1));
    }
}

/// Each type comes up, and nothing at all makes a message too.
#[test]
fn every_type() {
    let mut runner = TestRunner::deterministic();
    let mut types = vec![false; 65536];
    for _ in 0..3000 {
        let message = strategy::message().new_tree(&mut runner).unwrap().current();
        match message {
            Message::Unknown(_) => types[0] = true,
            known => types[usize::from(known.msg_type())] = true,
        }
    }
    for known in [
        0, 1, 2, 16, 17, 18, 19, 36, 256, 257, 258, 259, 261, 262, 263, 264, 265,
    ] {
        assert!(types[known], "{known}");
    }
    assert!(Message::arbitrary(&mut Unstructured::new(&[])).is_ok());
}
