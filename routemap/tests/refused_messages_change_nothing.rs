//! Each way in which the graph refuses a message, and that it is as before.

mod common;

use common::{announcement, at, connect, graph, node, node_announcement, node_id, terms, update};
use lnwire::{ChainHash, Msat, ShortChannelId, Timestamp, Verified, bolt7::channel_update};
use routemap::{ApplyError, Channel, ChannelHandle, Config, Direction, Graph, Node, NodeHandle};

#[derive(Debug, PartialEq)]
struct Snapshot {
    channels: Vec<(ChannelHandle, Channel)>,
    nodes: Vec<(NodeHandle, Node)>,
    policies: usize,
}

fn snapshot(graph: &Graph) -> Snapshot {
    Snapshot {
        channels: graph.channels().map(|(h, c)| (h, c.copied())).collect(),
        nodes: graph.nodes().map(|(h, n)| (h, *n)).collect(),
        policies: graph.policy_count(),
    }
}

/// Applies something that is refused and checks that nothing else happens.
#[track_caller]
fn refused<T: core::fmt::Debug + PartialEq>(
    graph: &mut Graph,
    apply: impl FnOnce(&mut Graph) -> Result<T, ApplyError>,
) -> ApplyError {
    let before = snapshot(graph);
    let error = apply(graph).unwrap_err();
    assert_eq!(before, snapshot(graph));
    error
}

fn pair() -> (Graph, ChannelHandle) {
    let mut graph = graph();
    let terms = [1, 2].map(|n| Some(terms(7, Direction::OneToTwo, 100 * n)));
    let handle = connect(&mut graph, 7, [1, 2], Some(1000), terms);
    (graph, handle)
}

#[test]
fn a_channel_that_is_there_is_known_or_in_conflict() {
    let (mut graph, handle) = pair();
    let again = announcement(7, 1, 2);
    assert_eq!(
        refused(&mut graph, |g| g.apply_channel(at(1), &again, Some(5))),
        ApplyError::KnownChannel(handle)
    );
    for nodes in [(1, 3), (0, 2), (5, 6)] {
        let other = announcement(7, nodes.0, nodes.1);
        assert_eq!(
            refused(&mut graph, |g| g.apply_channel(at(1), &other, None)),
            ApplyError::Conflict(handle)
        );
    }
}

#[test]
fn node_ids_come_in_order() {
    let (mut graph, _) = pair();
    for (one, two) in [(2, 1), (2, 2), (9, 8)] {
        let wrong = announcement(8, one, two);
        assert_eq!(
            refused(&mut graph, |g| g.apply_channel(at(1), &wrong, None)),
            ApplyError::NodeOrder
        );
    }
}

#[test]
fn messages_of_another_chain_are_refused() {
    let mut main = Graph::new(Config::new(ChainHash::MAINNET, 0));
    let found = ChainHash::REGTEST;
    let channel = announcement(7, 1, 2);
    assert_eq!(
        refused(&mut main, |g| g.apply_channel(at(1), &channel, None)),
        ApplyError::WrongChain { found }
    );
    let terms = update(terms(7, Direction::OneToTwo, 1), 1);
    assert_eq!(
        refused(&mut main, |g| g.apply_update(at(1), &terms)),
        ApplyError::WrongChain { found }
    );
}

#[test]
fn updates_are_newer_and_by_the_node_of_their_direction() {
    let (mut graph, handle) = pair();
    let one_to_two = |timestamp| terms(7, Direction::OneToTwo, timestamp);
    for signer in [2, 3] {
        assert_eq!(
            refused(&mut graph, |g| g
                .apply_update(at(1), &update(one_to_two(500), signer))),
            ApplyError::WrongSigner {
                expected: node_id(1),
                found: node_id(signer)
            }
        );
    }
    for timestamp in [99, 100] {
        assert_eq!(
            refused(&mut graph, |g| g
                .apply_update(at(1), &update(one_to_two(timestamp), 1))),
            ApplyError::NotNewer {
                stored: Timestamp(100),
                offered: Timestamp(timestamp)
            }
        );
    }
    let unknown = update(terms(8, Direction::OneToTwo, 1), 1);
    assert_eq!(
        refused(&mut graph, |g| g.apply_update(at(1), &unknown)),
        ApplyError::UnknownChannel(ShortChannelId(8))
    );

    let newer = channel_update::Contents {
        fee_base_msat: 17,
        disabled: true,
        ..one_to_two(101)
    };
    assert_eq!(
        graph.apply_update(at(1), &update(newer, 1)),
        Ok(handle),
        "the other direction has 200, which does not matter"
    );
    let channel = graph.channel(handle).unwrap();
    let policy = channel.policy(Direction::OneToTwo).unwrap();
    assert_eq!(policy.timestamp(), Timestamp(101));
    assert_eq!(policy.fee_base_msat(), 17);
    assert!(policy.is_disabled());
    assert!(!channel.carries(Direction::OneToTwo, Msat(1)));
    assert_eq!(
        channel.policy(Direction::TwoToOne).unwrap().timestamp(),
        Timestamp(200)
    );
    assert_eq!(graph.policy_count(), 2);
}

#[test]
fn a_first_update_may_have_timestamp_zero() {
    let mut graph = graph();
    let handle = connect(&mut graph, 7, [1, 2], None, [None, None]);
    let zero = update(terms(7, Direction::TwoToOne, 0), 2);
    assert_eq!(graph.apply_update(at(0), &zero), Ok(handle));
    assert_eq!(
        graph.apply_update(at(0), &zero),
        Err(ApplyError::NotNewer {
            stored: Timestamp(0),
            offered: Timestamp(0)
        })
    );
}

#[test]
fn node_announcements_are_newer_and_of_nodes_with_a_channel() {
    let (mut graph, _) = pair();
    assert_eq!(
        refused(&mut graph, |g| g
            .apply_node(at(1), &node_announcement(3, 5))),
        ApplyError::UnknownNode(node_id(3))
    );
    let one = node(&graph, 1);
    assert_eq!(graph.node(one).unwrap().announced_at(), None);
    assert_eq!(graph.apply_node(at(1), &node_announcement(1, 5)), Ok(one));
    for timestamp in [0, 5] {
        assert_eq!(
            refused(&mut graph, |g| g
                .apply_node(at(1), &node_announcement(1, timestamp))),
            ApplyError::NotNewer {
                stored: Timestamp(5),
                offered: Timestamp(timestamp)
            }
        );
    }
    assert_eq!(graph.apply_node(at(1), &node_announcement(1, 6)), Ok(one));
    let announced_at = graph.node(one).unwrap().announced_at();
    assert_eq!(announced_at, Some(Timestamp(6)));
}

#[test]
fn channels_are_bounded_and_so_is_what_rests() {
    let mut graph = Graph::new(Config {
        max_channels: 2,
        ..Config::new(ChainHash::REGTEST, 0)
    });
    let add = |scid: u64| announcement(scid, scid as u32, scid as u32 + 1);
    let first = graph.apply_channel(at(0), &add(1), None).unwrap();
    let second = graph.apply_channel(at(0), &add(2), None).unwrap();
    let third = add(3);
    assert_eq!(
        refused(&mut graph, |g| g.apply_channel(at(0), &third, None)),
        ApplyError::TooManyChannels { limit: 2 }
    );
    graph.remove_channel(at(1), first).unwrap();
    graph.remove_channel(at(1), second).unwrap();
    let third = graph.apply_channel(at(2), &add(3), None).unwrap();
    graph.apply_channel(at(2), &add(4), None).unwrap();
    graph.remove_channel(at(3), third).unwrap();
    let fifth = add(5);
    assert_eq!(
        refused(&mut graph, |g| g.apply_channel(at(600), &fifth, None)),
        ApplyError::Quarantine
    );
    assert_eq!(graph.apply_channel(at(601), &fifth, None), Ok(first));
}

#[test]
fn capacity_can_be_told_later() {
    let mut graph = graph();
    let handle = connect(&mut graph, 7, [1, 2], None, [None, None]);
    assert_eq!(graph.channel(handle).unwrap().capacity_sat(), None);
    assert!(graph.set_capacity(at(0), handle, 5000));
    assert_eq!(graph.channel(handle).unwrap().capacity_sat(), Some(5000));
    graph.remove_channel(at(0), handle).unwrap();
    assert!(!graph.set_capacity(at(0), handle, 5000));
}

#[test]
fn what_is_removed_is_told() {
    let (mut graph, handle) = pair();
    connect(&mut graph, 8, [2, 3], None, [None, None]);
    let one = node(&graph, 1);
    let removed = graph.remove_channel(at(1), handle).unwrap();
    assert_eq!(
        removed.channel.by_ref().short_channel_id(),
        ShortChannelId(7)
    );
    assert_eq!(
        removed.nodes[0].map(|(h, n)| (h, n.id())),
        Some((one, node_id(1)))
    );
    assert_eq!(removed.nodes[1], None);
    assert_eq!(graph.remove_channel(at(1), handle), None);
    assert_eq!(
        (
            graph.channel_count(),
            graph.node_count(),
            graph.policy_count()
        ),
        (1, 2, 0)
    );
}

#[test]
fn an_update_checked_with_a_key_that_is_no_longer_the_channels_is_refused() {
    // The channel is removed and announced anew between two other nodes while the check runs.
    let (mut graph, handle) = pair();
    let late = Verified::clone(&update(terms(7, Direction::OneToTwo, 900), 1));
    graph.remove_channel(at(1), handle).unwrap();
    graph
        .apply_channel(at(1), &announcement(7, 4, 5), None)
        .unwrap();
    assert!(matches!(
        refused(&mut graph, |g| g.apply_update(at(2), &late)),
        ApplyError::WrongSigner { .. }
    ));
}

/// Nothing of the terms before is kept, whatever the new ones leave out.
#[test]
fn an_update_replaces_all_terms() {
    let (mut graph, handle) = pair();
    let first = channel_update::Contents {
        fee_base_msat: 5,
        fee_proportional_millionths: 6,
        cltv_expiry_delta: 7,
        htlc_minimum_msat: Msat(8),
        htlc_maximum_msat: Msat(9),
        disabled: true,
        ..terms(7, Direction::OneToTwo, 300)
    };
    graph.apply_update(at(1), &update(first, 1)).unwrap();
    let second = channel_update::Contents {
        htlc_maximum_msat: Msat(0),
        ..terms(7, Direction::OneToTwo, 301)
    };
    graph.apply_update(at(1), &update(second, 1)).unwrap();
    let policy = graph.channel(handle).unwrap().policy(Direction::OneToTwo);
    let policy = policy.unwrap();
    assert_eq!(policy.fee_base_msat(), 0);
    assert_eq!(policy.fee_proportional_millionths(), 0);
    assert_eq!(policy.cltv_expiry_delta(), 0);
    assert_eq!(policy.htlc_minimum_msat(), Msat(0));
    assert_eq!(policy.htlc_maximum_msat(), Msat(0));
    assert!(!policy.is_disabled());
}
