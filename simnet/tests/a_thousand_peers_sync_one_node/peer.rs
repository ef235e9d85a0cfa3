//! A peer of the node: what it has, what it is asked, what it says.

use std::{collections::BTreeSet, collections::VecDeque, rc::Rc};

use examples::node::MessageStore;
use gossip_sync::{
    Answerer, Syncer,
    answerer::{self, Input, Output},
    syncer::{self, Outcome, Wanted},
};
use lnwire::{
    BlockHeight, Instant, Message, NodeId, Timestamp,
    bolt7::{GossipTimestampFilter, QueryFlags, ReplyChannelRange, ShortChannelIds},
    bytes::Bytes,
    tlv::UnknownRecords,
};
use simnet::Random;

use super::{
    lies::{self, Kind, is_gossip},
    network::{CHAIN, DAWN, Network},
};

pub(crate) struct Peer {
    pub(crate) id: NodeId,
    pub(crate) kind: Kind,
    /// Numbers its connections; 0 before the first.
    pub(crate) session: u64,
    pub(crate) is_up: bool,
    /// A message is on its way to the node.
    pub(crate) is_sending: bool,
    pub(crate) store: Rc<MessageStore>,
    pub(crate) outbox: VecDeque<Message>,
    /// Messages, either way, after which it disconnects.
    pub(crate) leaves_after: Option<u64>,
    /// What it says unasked: how many messages it has left.
    pub(crate) unasked: u32,
    pub(crate) client: Option<Client>,
    has_dumped: bool,
    answerer: Answerer,
}

/// Asks the node for everything.
pub(crate) struct Client {
    syncer: Syncer,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) frames: BTreeSet<Bytes>,
}

impl Peer {
    pub(crate) fn new(id: NodeId, kind: Kind, store: Rc<MessageStore>) -> Self {
        let client = (kind == Kind::Client).then(|| Client {
            syncer: Syncer::new(syncer::Config::new(CHAIN)),
            outcome: None,
            frames: BTreeSet::new(),
        });
        Self {
            id,
            kind,
            session: 0,
            is_up: false,
            is_sending: false,
            store,
            outbox: VecDeque::new(),
            leaves_after: None,
            unasked: match kind {
                Kind::Forger => 150,
                // A third of them have a signature that is looked at.
                Kind::WrongIds => 450,
                Kind::Flooder => 300,
                Kind::Heckler => 30,
                _ => 0,
            },
            client,
            has_dumped: false,
            answerer: new_answerer(),
        }
    }

    pub(crate) fn up(&mut self) {
        self.session += 1;
        self.is_up = true;
        self.is_sending = false;
        self.has_dumped = false;
        self.outbox.clear();
        self.answerer = new_answerer();
    }

    /// The node sent this.
    pub(crate) fn receive(&mut self, now: Instant, message: Message, random: &mut Random) {
        if let Some(client) = &mut self.client {
            client.receive(now, &message);
            self.pump_client(now);
        }
        let input = match message {
            Message::QueryChannelRange(query) => Input::QueryRange(query),
            Message::QueryShortChannelIds(_) if self.kind == Kind::Dumper => return,
            Message::QueryShortChannelIds(query) => Input::QueryScids(query),
            Message::GossipTimestampFilter(filter) => {
                if self.kind == Kind::Dumper {
                    self.has_dumped |= filter.timestamp_range > 0;
                }
                Input::Filter(filter)
            }
            _ => return,
        };
        self.answer(input, random);
    }

    /// All that it wanted to say has arrived.
    pub(crate) fn refill(&mut self, random: &mut Random) {
        while self.outbox.is_empty() && self.answerer.awaits_ready() {
            self.answer(Input::Ready, random);
        }
    }

    fn answer(&mut self, input: Input, random: &mut Random) {
        self.answerer.handle_input(input);
        while let Some(output) = self.answerer.poll_output() {
            let said = match output {
                Output::Send(message) => message,
                Output::Relay(frame) => Message::decode(frame).expect("a frame of the store"),
                Output::Violation(violation) => panic!("the node's fault: {violation}"),
                question => {
                    if let Some(answer) = look_up(&self.store, question) {
                        self.answerer.handle_input(answer);
                    }
                    continue;
                }
            };
            self.outbox.extend(self.kind.says(said, random));
        }
    }

    /// Says something that nobody asked for.
    pub(crate) fn speak(&mut self, network: &Network, random: &mut Random) {
        self.unasked = self.unasked.saturating_sub(1);
        let real = || network.frames[self.unasked as usize * 7 % network.frames.len()].clone();
        let real = Message::decode(real()).expect("a frame of the network");
        let message = match self.kind {
            Kind::Forger => lies::forged(&real, random),
            Kind::WrongIds => lies::renamed(&real, random),
            Kind::Flooder => match real {
                Message::ChannelUpdate(_) => lies::renamed(&real, random),
                known => known,
            },
            _ => ReplyChannelRange {
                chain_hash: CHAIN,
                first_blocknum: BlockHeight(0),
                number_of_blocks: 1,
                sync_complete: 1,
                short_channel_ids: ShortChannelIds::new([]),
                timestamps: None,
                checksums: None,
                unknown: UnknownRecords::default(),
            }
            .into(),
        };
        self.outbox.push_back(message);
    }

    /// Has something newer, and tells the node if that wants to be told.
    pub(crate) fn learn(&mut self, network: &Network, random: &mut Random) {
        self.store = Rc::clone(&network.newer);
        let filter = self.answerer.filter();
        if filter.is_some_and(|filter| filter.timestamp_range > 0) {
            for frame in &network.newer_frames {
                let message = Message::decode(frame.clone()).expect("of the network");
                self.outbox.extend(self.kind.says(message, random));
            }
        }
    }

    /// The client begins: asks for the whole list, and for all that will be new.
    pub(crate) fn begin(&mut self, now: Instant) {
        let Some(client) = &mut self.client else {
            return;
        };
        client
            .syncer
            .sync(now, BlockHeight(0), BlockHeight(1 << 24));
        let filter = GossipTimestampFilter {
            chain_hash: CHAIN,
            first_timestamp: Timestamp(DAWN + 3600),
            timestamp_range: u32::MAX,
            extra: Bytes::new(),
        };
        self.outbox.push_back(filter.into());
        self.pump_client(now);
    }

    fn pump_client(&mut self, now: Instant) {
        let Some(client) = &mut self.client else {
            return;
        };
        while let Some(output) = client.syncer.poll_output() {
            match output {
                syncer::Output::Send(message) => self.outbox.push_back(message),
                syncer::Output::FindMissing(listed) => {
                    let wanted = listed.iter().map(|listed| Wanted {
                        short_channel_id: listed.short_channel_id,
                        flags: QueryFlags::EVERYTHING as u8,
                    });
                    let input = syncer::Input::Missing(wanted.collect());
                    client.syncer.handle_input(now, input);
                }
                syncer::Output::Event(syncer::Event::Finished(outcome)) => {
                    client.outcome = Some(outcome);
                }
                syncer::Output::Event(event) => panic!("the node's fault: {event:?}"),
            }
        }
    }
}

impl Client {
    fn receive(&mut self, now: Instant, message: &Message) {
        let input = match message {
            Message::ReplyChannelRange(reply) => syncer::Input::RangeReply(reply.clone()),
            Message::ReplyShortChannelIdsEnd(end) => syncer::Input::ScidsEnd(end.clone()),
            message if is_gossip(message) => {
                let mut frame = Vec::new();
                message.write(&mut frame);
                self.frames.insert(frame.into());
                syncer::Input::Gossip(match message {
                    Message::ChannelAnnouncement(m) => Some(m.short_channel_id()),
                    _ => None,
                })
            }
            _ => return,
        };
        self.syncer.handle_input(now, input);
    }
}

fn new_answerer() -> Answerer {
    Answerer::new(answerer::Config::new(CHAIN))
}

/// Answers a question of an answerer; `None` for outputs that are none.
pub(crate) fn look_up(store: &MessageStore, question: Output) -> Option<Input> {
    Some(match question {
        Output::List {
            request,
            from,
            end,
            limit,
            checksums: _,
        } => Input::Listed {
            request,
            channels: store.list(from, end, limit),
        },
        Output::Fetch { request, channels } => Input::Fetched {
            request,
            channels: store.fetch(&channels),
        },
        Output::Walk {
            request,
            from,
            limit,
        } => Input::Fetched {
            request,
            channels: store.walk(from, limit),
        },
        Output::WalkNodes {
            request,
            after,
            limit,
        } => Input::FetchedNodes {
            request,
            nodes: store.walk_nodes(after, limit),
        },
        Output::Send(_) | Output::Relay(_) | Output::Violation(_) => return None,
    })
}
