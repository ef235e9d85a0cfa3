//! What a syncer puts into its queries.

mod common;

use common::{CHAIN, at, drain, everything_of, outcome, range_reply, scid, scids_end};
use gossip_sync::syncer::{Config, Input, Outcome, Output, Syncer};
use lnwire::bolt7::{Checksums, QueryChannelRange, ReplyChannelRange};
use lnwire::{BlockHeight, Message, Timestamp};

#[test]
fn a_range_query_asks_for_timestamps_and_checksums() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    assert_eq!((syncer.poll_output(), syncer.poll_timeout()), (None, None));
    syncer.sync(at(0), BlockHeight(5), BlockHeight(9));
    let [Output::Send(Message::QueryChannelRange(query))] = &drain(&mut syncer)[..] else {
        panic!()
    };
    assert_eq!((query.first_blocknum.0, query.number_of_blocks), (5, 4));
    let options = QueryChannelRange::WANT_TIMESTAMPS | QueryChannelRange::WANT_CHECKSUMS;
    assert_eq!((query.query_option, options), (Some(3), 3));
    let reply = ReplyChannelRange {
        checksums: Some(Checksums::new([[1, 2]])),
        ..range_reply(5, 4, 1, &[scid(6, 1)])
    };
    syncer.handle_input(at(0), Input::RangeReply(reply));
    let [Output::FindMissing(listed)] = &drain(&mut syncer)[..] else {
        panic!()
    };
    let both = (listed[0].timestamps, listed[0].checksums);
    assert_eq!(both, (Some([Timestamp(7); 2]), Some([1, 2])));
}

/// Each sync has its own range; an empty one is its first block.
#[test]
fn each_sync_has_its_own_range() {
    let mut syncer = Syncer::new(Config::new(CHAIN));
    for (first, end, number) in [
        (0, 800, 800),
        (700, 800, 100),
        (9, 9, 1),
        (9, 3, 1),
        (0, u32::MAX, u32::MAX),
    ] {
        syncer.sync(at(0), BlockHeight(first), BlockHeight(end));
        let [Output::Send(Message::QueryChannelRange(query))] = &drain(&mut syncer)[..] else {
            panic!()
        };
        assert_eq!(
            (query.first_blocknum.0, query.number_of_blocks),
            (first, number)
        );
        syncer.handle_input(at(0), Input::RangeReply(range_reply(first, number, 1, &[])));
        drain(&mut syncer);
        syncer.handle_input(at(0), Input::Missing(vec![]));
        assert!(matches!(outcome(&mut syncer), Outcome::Complete { .. }));
    }
}

#[test]
fn five_hundred_channels_at_most_are_asked_for_at_once() {
    for (wanted, expected) in [
        (0, &[][..]),
        (1, &[1]),
        (499, &[499]),
        (500, &[500]),
        (501, &[500, 1]),
        (1000, &[500, 500]),
    ] {
        let mut syncer = Syncer::new(Config::new(CHAIN));
        syncer.sync(at(0), BlockHeight(0), BlockHeight(1000));
        let ids: Vec<_> = (0..wanted).map(|n| scid(n % 1000, n)).collect();
        syncer.handle_input(at(0), Input::RangeReply(range_reply(0, 1000, 1, &ids)));
        drain(&mut syncer);
        let wanted = ids.iter().copied().map(everything_of).collect();
        syncer.handle_input(at(0), Input::Missing(wanted));
        let mut sizes = Vec::new();
        while let Some(output) = syncer.poll_output() {
            if let Output::Send(Message::QueryShortChannelIds(query)) = output {
                sizes.push(query.short_channel_ids.len());
                assert_eq!(query.query_flags, None);
                syncer.handle_input(at(0), Input::ScidsEnd(scids_end(1)));
            }
        }
        assert_eq!(sizes, expected);
        assert!(syncer.is_idle());
    }
}
