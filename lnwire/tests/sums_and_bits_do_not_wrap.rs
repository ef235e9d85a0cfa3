//! Numbers at the end of their range: no sum wraps, no feature bit becomes another one.

use lnwire::bytes::Bytes;
use lnwire::{
    BlockHeight, ChainHash, Feature, Features, Instant, Msat, Timestamp, WireMessage,
    bolt1::{MAX_PONG_BYTES, Ping},
    bolt7::{GossipTimestampFilter, QueryChannelRange},
    tlv::UnknownRecords,
};

#[test]
fn the_end_of_a_range_of_blocks() {
    let query = |first, number_of_blocks| QueryChannelRange {
        chain_hash: ChainHash::MAINNET,
        first_blocknum: BlockHeight(first),
        number_of_blocks,
        query_option: None,
        unknown: UnknownRecords::default(),
    };
    assert_eq!(query(109, 4_294_967_186).end_blocknum(), 4_294_967_295);
    assert_eq!(query(u32::MAX, u32::MAX).end_blocknum(), 8_589_934_590);
    assert!(!query(0, 1).wants(QueryChannelRange::WANT_TIMESTAMPS));
}

#[test]
fn the_end_of_a_filter() {
    let contains = |first, timestamp_range, timestamp| {
        let chain_hash = ChainHash::MAINNET;
        let first_timestamp = Timestamp(first);
        let extra = Bytes::new();
        let filter = GossipTimestampFilter {
            chain_hash,
            first_timestamp,
            timestamp_range,
            extra,
        };
        filter.contains(Timestamp(timestamp))
    };
    assert!(contains(5, 2, 5) && contains(5, 2, 6));
    assert!(!contains(5, 2, 4) && !contains(5, 2, 7));
    // From some time on: the sum passes 2^32.
    assert!(contains(1_790_000_000, u32::MAX, u32::MAX));
    assert!(!contains(1_790_000_000, u32::MAX, 1_789_999_999));
    // Nothing at all, in the two ways that nodes ask for it.
    assert!(!contains(2_288_912_640, 0, 2_288_912_640));
    assert!(!contains(u32::MAX, 0, u32::MAX));
}

#[test]
fn pings_that_want_no_pong() {
    let pong_len = |num_pong_bytes: u16| {
        let mut frame = vec![0, 18];
        frame.extend(num_pong_bytes.to_be_bytes());
        frame.extend([0, 0]);
        Ping::decode(frame.into()).unwrap().pong_len()
    };
    assert_eq!(pong_len(0), Some(0));
    assert_eq!(pong_len(65531), Some(MAX_PONG_BYTES));
    assert_eq!(pong_len(65532), None);
    assert_eq!(pong_len(65535), None);
}

#[test]
fn feature_bits_of_a_whole_message() {
    let mut bytes = vec![0; 65529];
    bytes[0] = 0x80;
    let features = Features::from_bytes(bytes.into());
    assert!(features.iter().eq([524_231]));
    assert!(features.is_set(524_231) && !features.is_set(524_231 % 65536));
    assert_eq!(features.required_unknown(), None);

    let features = Features::from_bits([65_541]);
    assert!(!features.is_set(5) && features.is_set(65_541));
    assert!(!features.supports(Feature::UPFRONT_SHUTDOWN_SCRIPT));
    assert!(!features.is_set(u32::MAX));
    assert_eq!(
        Features::from_bits([65_540]).required_unknown(),
        Some(65_540)
    );
}

#[test]
fn both_bits_of_a_pair_demand() {
    let both = Features::from_bits([6, 7]);
    assert!(both.supports(Feature::GOSSIP_QUERIES) && both.requires(Feature::GOSSIP_QUERIES));
    let odd = Features::offering(&[Feature::GOSSIP_QUERIES]);
    assert!(odd.supports(Feature::GOSSIP_QUERIES) && !odd.requires(Feature::GOSSIP_QUERIES));
    assert!(!Features::EMPTY.supports(Feature::GOSSIP_QUERIES));
}

#[test]
fn unions_of_any_lengths() {
    let vector = |bytes: &'static [u8]| Features::from_bytes(Bytes::from_static(bytes));
    for (one, other, union) in [
        (&[][..], &[][..], &[][..]),
        (&[], &[1], &[1]),
        (&[1], &[], &[1]),
        (&[2, 1], &[4], &[2, 5]),
        (&[4], &[2, 1], &[2, 5]),
        (&[4], &[0, 1], &[0, 5]),
    ] {
        assert_eq!(vector(one).union(&vector(other)), vector(union));
    }
}

#[test]
fn features_are_listed_in_order() {
    assert!(Feature::ALL.is_sorted_by(|a, b| a.even_bit < b.even_bit));
    for feature in Feature::ALL {
        assert_eq!(feature.even_bit % 2, 0);
        assert_eq!(feature.odd_bit(), feature.even_bit + 1);
    }
    assert!(
        Feature::ASSUMED
            .iter()
            .all(|assumed| Feature::ALL.contains(assumed))
    );
}

#[test]
fn time_and_amounts_saturate() {
    use core::time::Duration;
    let end = Instant::from_epoch(Duration::MAX);
    assert_eq!(end + Duration::from_secs(1), end);
    assert_eq!(Instant::ZERO - end, Duration::ZERO);
    assert_eq!(end - Instant::ZERO, Duration::MAX);
    assert_eq!(Msat::from_sat(u64::MAX), Msat(u64::MAX));
    assert_eq!(Msat(u64::MAX).checked_add(Msat(1)), None);
    assert_eq!(Msat(1).checked_add(Msat(2)), Some(Msat(3)));
}
