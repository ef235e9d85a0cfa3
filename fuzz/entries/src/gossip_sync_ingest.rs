//! Gossip of three peers, answers to what is asked, and time, in any order.
//!
//! An input is a list of steps. The lowest two bits of a step's first byte are the peer, or 3 for the embedder; the next
//! three say what is sent or done.

use core::time::Duration;

use gossip_sync::ingest::{
    Answer, Config, Funding, Gone, Ingest, Input, KnownChannel, KnownNode, Output, SignatureJob,
    Standing, Verifier, Zombie,
};
use lnwire::bytes::Bytes;
use lnwire::extra::Outpoint;
use lnwire::{BlockHeight, ChainHash, Instant, Message, NodeId, Timestamp, Txid};

use crate::brontide_deframer::Script;

const PEERS: usize = 3;
const MAX_MESSAGES: usize = 8;
const MAX_PARKED: usize = 4000;
const NOW: u32 = 1_790_000_000;

/// Does as `input` says.
///
/// # Panics
/// If a message ends not exactly once, or a bound does not hold.
pub fn gossip_sync_ingest(input: &[u8]) {
    let mut config = Config::new(ChainHash::REGTEST);
    config.max_messages_per_peer = MAX_MESSAGES;
    config.max_parked_bytes_per_peer = MAX_PARKED;
    config.max_jobs = 2;
    config.max_lookups = 1;
    config.max_seen = 4;
    if input.first().is_some_and(|byte| byte & 0x80 != 0) {
        config.funding = Funding::LookUp;
    }
    let mut desk = Desk {
        ingest: Ingest::new(config, Timestamp(NOW), 7),
        now: Instant::ZERO,
        verifier: Verifier::new(),
        jobs: Vec::new(),
        lookups: Vec::new(),
        open: 0,
    };
    let mut script = Script(input);
    while !script.0.is_empty() {
        let step = script.byte();
        if step & 3 == 3 {
            desk.act(step >> 2, &mut script);
        } else {
            desk.offer(peer(step & 3), step >> 2, &mut script);
        }
        desk.drain();
        desk.stays_in_bounds();
    }
    // Whatever was taken ends.
    for _ in 0..10_000 {
        let Some(next) = desk.ingest.poll_timeout() else {
            break;
        };
        desk.now = next;
        desk.ingest.handle_timeout(next);
        desk.drain();
    }
    assert_eq!((desk.open, desk.ingest.held_messages()), (0, 0));
    assert!(desk.ingest.is_idle() && desk.ingest.parked_bytes() == 0);
}

const fn peer(n: u8) -> NodeId {
    NodeId([n + 2; 33])
}

/// What the graph is said to have of a channel.
const fn standing(byte: u8) -> Standing {
    let node_ids = [NodeId([2; 33]), NodeId([3; 33])];
    if byte & 1 == 1 {
        return Standing::Known(KnownChannel {
            node_ids,
            updates: [None; 2],
        });
    }
    let zombie = Zombie {
        node_ids,
        may_revive: [byte & 8 == 0, byte & 16 == 0],
    };
    match byte >> 1 & 3 {
        0 | 3 => Standing::Unknown,
        1 => Standing::Gone(Gone::Closed),
        _ => Standing::Gone(Gone::Silent(zombie)),
    }
}

struct Desk {
    ingest: Ingest,
    now: Instant,
    verifier: Verifier,
    jobs: Vec<SignatureJob>,
    lookups: Vec<gossip_sync::ingest::LookupId>,
    /// Messages that have no end yet.
    open: usize,
}

impl Desk {
    /// A small message about one of a few channels, that nobody signed.
    fn offer(&mut self, peer: NodeId, kind: u8, script: &mut Script<'_>) {
        let (place, known) = (u64::from(script.byte()), script.byte());
        let mut frame = match kind & 3 {
            0 => vec![0; 430],
            1 => vec![0; 138],
            _ => vec![0; 142],
        };
        frame[1] = [0, 2, 1, 1][usize::from(kind & 3)];
        frame[0] = 1;
        frame[2] = known;
        let chain = ChainHash::REGTEST.0;
        let scid = (place << 40).to_be_bytes();
        match kind & 3 {
            0 => {
                frame[260..292].copy_from_slice(&chain);
                frame[292..300].copy_from_slice(&scid);
                frame[300..333].fill(script.byte());
                frame[333..366].fill(script.byte());
            }
            1 => {
                frame[66..98].copy_from_slice(&chain);
                frame[98..106].copy_from_slice(&scid);
                let time = NOW + u32::from(script.byte());
                frame[106..110].copy_from_slice(&time.to_be_bytes());
                frame[111] = script.byte() & 3;
            }
            _ => {
                let time = NOW + u32::from(script.byte());
                frame[68..72].copy_from_slice(&time.to_be_bytes());
                frame[72..105].fill(script.byte());
            }
        }
        let Ok(message) = Message::decode(Bytes::from(frame)) else {
            return;
        };
        let channel = standing(known);
        let known = known & 1 == 1;
        let input = match message {
            Message::ChannelAnnouncement(message) => Input::ChannelAnnouncement {
                peer,
                message,
                channel,
            },
            Message::ChannelUpdate(message) => Input::ChannelUpdate {
                peer,
                message,
                channel,
            },
            Message::NodeAnnouncement(message) => Input::NodeAnnouncement {
                peer,
                message,
                node: known.then_some(KnownNode { timestamp: None }),
            },
            _ => return,
        };
        self.open += 1;
        self.ingest.handle_input(self.now, input);
    }

    fn act(&mut self, what: u8, script: &mut Script<'_>) {
        let byte = script.byte();
        match what & 7 {
            0 | 1 => {
                if let Some(job) = self.jobs.pop() {
                    let checked = job.run(&mut self.verifier);
                    self.ingest.handle_input(self.now, Input::Checked(checked));
                }
            }
            2 => {
                let answer = match byte & 3 {
                    0 => Answer::Spent,
                    1 => Answer::NotFound,
                    2 => Answer::Unavailable,
                    _ => Answer::Unspent {
                        value_sat: 1,
                        script_pubkey: Bytes::new(),
                        outpoint: Outpoint {
                            txid: Txid([0; 32]),
                            index: 0,
                        },
                    },
                };
                if let Some(id) = self.lookups.pop() {
                    self.ingest
                        .handle_input(self.now, Input::LookedUp { id, answer });
                }
            }
            3 => self.ingest.set_tip(self.now, BlockHeight(byte.into())),
            4 => self.ingest.set_channel_count(byte.into()),
            _ => {
                self.now = self.now + Duration::from_secs(u64::from(byte) * 8);
                self.ingest.handle_timeout(self.now);
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.ingest.poll_output() {
            match output {
                Output::Check(job) => self.jobs.push(job),
                Output::Lookup { id, .. } => self.lookups.push(id),
                Output::Drop { .. } => self.open -= 1,
                other => panic!("nothing was signed: {other:?}"),
            }
        }
    }

    fn stays_in_bounds(&self) {
        let ingest = &self.ingest;
        assert!(ingest.held_messages() <= PEERS * MAX_MESSAGES + ingest.parked_messages() + 30);
        assert!(ingest.parked_bytes() <= PEERS * MAX_PARKED);
        assert!(ingest.remembered() <= 2 * 4);
        assert_eq!(ingest.held_messages() + ingest.parked_messages(), self.open);
    }
}
