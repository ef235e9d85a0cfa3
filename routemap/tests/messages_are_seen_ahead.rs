//! What is known of messages before their turn changes nothing but how long they take.

mod common;

use common::{Random, announcement, at, node_announcement, terms, update};
use lnwire::{
    ChainHash, ShortChannelId, Timestamp, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
};
use routemap::{ApplyError, Config, Direction, Gossip, Graph};

enum Message {
    Channel(Verified<ChannelAnnouncement>),
    Update(Verified<ChannelUpdate>),
    Node(Verified<NodeAnnouncement>),
}

/// A message, and what happens just before it is applied.
struct Step {
    message: Message,
    before: Before,
}

enum Before {
    Nothing,
    /// A channel goes, and its slot is free for another at once.
    Remove(u64),
    /// The graph is replaced by an empty one, in which no handle from before names anything.
    Restart,
}

/// Ids of few channels, each always between the same two of few nodes.
const CHANNELS: u64 = 40;

fn nodes_of(channel: u64) -> [u32; 2] {
    let first = channel as u32 % 7;
    [first, first + 1 + channel as u32 % 5]
}

fn steps(seed: u64, count: usize) -> Vec<Step> {
    let mut random = Random(seed);
    let mut step = |n: usize| {
        let channel = random.below(CHANNELS);
        let nodes = nodes_of(channel);
        let side = random.below(2) as usize;
        let message = match random.below(10) {
            0..3 => Message::Channel(announcement(channel, nodes[0], nodes[1])),
            3..9 => {
                let direction = Direction::BOTH[side];
                // Some are not newer than what is there, and some are by the other node.
                let timestamp = 1 + n as u32 - random.below(20).min(n as u64) as u32;
                let signer = nodes[if random.below(20) == 0 {
                    1 - side
                } else {
                    side
                }];
                Message::Update(update(terms(channel, direction, timestamp), signer))
            }
            _ => Message::Node(node_announcement(nodes[side], 1 + n as u32)),
        };
        let before = match random.below(300) {
            0..60 => Before::Remove(random.below(CHANNELS)),
            60 => Before::Restart,
            _ => Before::Nothing,
        };
        Step { message, before }
    };
    (0..count).map(&mut step).collect()
}

fn new() -> Graph {
    let quarantine = core::time::Duration::ZERO;
    let config = Config::new(ChainHash::REGTEST, common::SEED);
    Graph::new(Config {
        quarantine,
        max_zombies: 0,
        ..config
    })
}

fn take(graph: &mut Graph, step: &Step) -> Result<(), ApplyError> {
    match step.before {
        Before::Nothing => {}
        Before::Remove(id) => {
            if let Some(handle) = graph.channel_by_scid(ShortChannelId(id)) {
                graph.remove_channel(at(0), handle);
            }
        }
        Before::Restart => *graph = new(),
    }
    match &step.message {
        Message::Channel(m) => graph.apply_channel(at(0), m, None).map(|_| ()),
        Message::Update(m) => graph.apply_update(at(0), m).map(|_| ()),
        Message::Node(m) => graph.apply_node(at(0), m).map(|_| ()),
    }
}

fn view(step: &Step) -> Gossip<'_> {
    match &step.message {
        Message::Channel(m) => Gossip::Channel(m),
        Message::Update(m) => Gossip::Update(m),
        Message::Node(m) => Gossip::Node(m),
    }
}

fn snapshot(graph: &Graph) -> Vec<u8> {
    graph.check_invariants();
    let mut bytes = Vec::new();
    graph.write_snapshot(at(0), Timestamp(0), &mut bytes);
    bytes
}

#[test]
fn it_is_as_if_each_was_applied_when_it_came() {
    let mut outcomes = [0; 2];
    for seed in 0..60 {
        // From none to more than are looked ahead at.
        let steps = steps(seed, seed as usize * 25);
        let (mut one_by_one, mut ahead) = (new(), new());
        let expected: Vec<_> = steps.iter().map(|s| take(&mut one_by_one, s)).collect();
        let mut came_of_it = Vec::new();
        ahead.for_each_ahead(&steps, view, |graph, step| {
            came_of_it.push(take(graph, step));
        });
        assert_eq!(came_of_it, expected, "seed {seed}");
        assert_eq!(snapshot(&ahead), snapshot(&one_by_one), "seed {seed}");
        let taken = expected.iter().filter(|result| result.is_ok()).count();
        outcomes[0] += taken;
        outcomes[1] += steps.len() - taken;

        // Nothing is left of it: an update that comes alone is looked up.
        let id = ShortChannelId(CHANNELS);
        let alone = update(terms(id.0, Direction::OneToTwo, 1), 1);
        let got = ahead.apply_update(at(0), &alone);
        assert_eq!(got, Err(ApplyError::UnknownChannel(id)));
    }
    assert!(outcomes.iter().all(|count| *count > 10_000), "{outcomes:?}");
}
