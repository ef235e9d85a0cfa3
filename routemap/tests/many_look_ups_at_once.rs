//! A list that is looked up at once gives what each of its items gives alone.

mod common;

use common::{Network, Random, at, graph, node_id};
use lnwire::{NodeId, ShortChannelId};

#[test]
fn each_item_has_its_own_answer_in_its_turn() {
    let network = Network::new(3000);
    let mut graph = graph();
    network.apply(&mut graph);
    let mut random = Random(7);
    let known: Vec<_> = graph
        .channels()
        .map(|(handle, channel)| (handle, channel.short_channel_id()))
        .collect();
    // Some are gone, whose records still lie in their slots.
    for (handle, _) in known.iter().filter(|_| random.below(4) == 0) {
        graph.remove_channel(at(0), *handle);
    }
    let node_ids: Vec<_> = network.nodes.iter().map(|node| node.node_id()).collect();

    let (mut found, mut missed) = (0, 0);
    for len in (0..40).chain([1000]) {
        let channels: Vec<ShortChannelId> = (0..len)
            .map(|_| match random.below(5) {
                0 => ShortChannelId(random.next()),
                _ => known[random.below(known.len() as u64) as usize].1,
            })
            .collect();
        let mut answers = Vec::new();
        graph.look_up_channels(
            &channels,
            |id| *id,
            |id, handle| answers.push((*id, handle)),
        );
        let alone = channels.iter().map(|id| (*id, graph.channel_by_scid(*id)));
        assert_eq!(answers, alone.collect::<Vec<_>>());

        let nodes: Vec<NodeId> = (0..len)
            .map(|_| match random.below(5) {
                0 => node_id(random.next() as u32),
                _ => node_ids[random.below(node_ids.len() as u64) as usize],
            })
            .collect();
        let mut answers = Vec::new();
        graph.look_up_nodes(&nodes, |id| id, |id, handle| answers.push((*id, handle)));
        let alone = nodes.iter().map(|id| (*id, graph.node_by_id(id)));
        let alone: Vec<_> = alone.collect();
        assert_eq!(answers, alone);
        found += alone.iter().filter(|(_, handle)| handle.is_some()).count();
        missed += alone.iter().filter(|(_, handle)| handle.is_none()).count();
    }
    assert!(found > 500 && missed > 200, "{found} {missed}");
}
