//! The one place that owns graph, messages and machines. Everything reaches it as an event, in one queue.
//!
//! What is done with the events stands beside it: `links` knows who is connected, `intake` takes gossip in, `syncing`
//! asks peers for more, `serve` answers them, `relaying` passes on what is new.

use std::{
    collections::{BTreeMap, hash_map::RandomState},
    sync::Arc,
    time::Duration,
};

use gossip_sync::{Ingest, Relay, SyncManager, ingest::Checked, relay, threads::VerifyPool};
use lnwire::{ChainHash, NodeId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::{
    clock::Clock,
    connection::{ConnectionId, FromConnection},
    event::{Event, Reporter},
    knowledge::Knowledge,
    links::{Link, Peer},
    offenders::{Ban, Offenders},
    stats::Stats,
};

pub(super) struct Core {
    pub(super) clock: Clock,
    /// When the last event came: all that is done about it is done then.
    pub(super) now: lnwire::Instant,
    pub(super) chain_hash: ChainHash,
    /// Peers that are always active.
    pub(super) pinned: Vec<NodeId>,
    pub(super) knowledge: Knowledge,
    pub(super) pool: VerifyPool,
    pub(super) stats: Arc<Stats>,
    pub(super) reporter: Reporter,
    pub(super) ingest: Ingest,
    pub(super) manager: SyncManager,
    pub(super) relay: Relay,
    pub(super) offenders: Offenders,
    /// To whoever keeps banned peers out.
    pub(super) bans: UnboundedSender<Ban>,
    /// Names networks of addresses to the manager, by numbers that peers cannot foresee.
    pub(super) groups: RandomState,
    pub(super) peers: BTreeMap<NodeId, Peer>,
    pub(super) connections: BTreeMap<ConnectionId, Link>,
    /// Counts connections that came up.
    pub(super) last_session: u64,
    /// Whose message was taken last.
    pub(super) last_turn: Option<NodeId>,
    /// Whether something happened after which the sync may have settled.
    pub(super) may_have_settled: bool,
    /// When to write to the file what is not enough to be written at once.
    pub(super) flush_at: Option<lnwire::Instant>,
    /// When to look for channels that nobody updates any more.
    pub(super) prune_at: lnwire::Instant,
    /// When to read the time of day again.
    pub(super) wall_clock_at: lnwire::Instant,
}

/// What happens to a core.
#[derive(Debug)]
pub(super) enum CoreInput {
    /// A connection begins.
    Opened(ConnectionId, Link),
    /// Stop, and hand out what is known.
    Stop(tokio::sync::oneshot::Sender<Knowledge>),
}

/// What a core wakes for.
enum Happened {
    Input(Option<CoreInput>),
    /// Signatures were checked.
    Checked(Vec<Checked>),
    Connection(ConnectionId, FromConnection),
    /// Another process that reads the graph has something to say.
    Readable,
    /// Time has passed.
    Nothing,
}

/// Complaints reported of one connection: a peer that errs all the time must not fill logs and queues.
const MAX_COMPLAINTS: u32 = 100;
/// How often channels that nobody updates are looked for: at a walk through the graph each.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);
/// Bytes worth a write to the file.
const MUCH: usize = 64 * 1024;
/// How long fewer may wait. What a crash takes is asked for again.
const FLUSH_WITHIN: Duration = Duration::from_millis(500);
/// How often the time of day is read.
const WALL_CLOCK_EVERY: Duration = Duration::from_secs(30);

impl Core {
    pub(super) async fn run(
        mut self,
        mut inputs: UnboundedReceiver<CoreInput>,
        mut connections: UnboundedReceiver<(ConnectionId, FromConnection)>,
        mut checked: UnboundedReceiver<Vec<Checked>>,
    ) {
        self.relay.set_wall_clock(self.clock.wall_clock());
        self.count();
        loop {
            let deadline = self.poll_timeout();
            let happened = tokio::select! {
                biased;
                input = inputs.recv() => Happened::Input(input),
                Some(batch) = checked.recv() => Happened::Checked(batch),
                Some((id, event)) = connections.recv() => Happened::Connection(id, event),
                () = self.knowledge.home().readable() => Happened::Readable,
                () = self.clock.sleep_until(Some(deadline)) => Happened::Nothing,
            };
            self.now = self.clock.now();
            match happened {
                Happened::Input(Some(CoreInput::Opened(id, link))) => {
                    self.connections.insert(id, link);
                }
                Happened::Input(Some(CoreInput::Stop(knowledge))) => {
                    if let Err(error) = self.knowledge.close() {
                        let error = error.to_string();
                        self.reporter.report(Event::NotKept { error });
                    }
                    let _sent = knowledge.send(self.knowledge);
                    return;
                }
                Happened::Input(None) => return,
                Happened::Checked(batch) => self.checked(batch),
                Happened::Connection(id, event) => self.connection(id, event),
                Happened::Readable => self.knowledge.home().serve(self.now),
                Happened::Nothing => {}
            }
            // Here, and not only when there is nothing else to do: that may be never.
            if deadline <= self.now {
                self.handle_timeout();
            }
            self.resume_deferred();
            self.pool.flush();
            self.flush_in_time();
            self.confirm();
            self.pump_relay();
            self.count();
        }
    }

    /// Writes to the file what was taken: a good deal at once, but soon, and before anybody hears that it has been taken.
    fn flush_in_time(&mut self) {
        let now = self.now;
        let is_due = self.flush_at.is_some_and(|at| at <= now);
        if is_due || self.ingest.is_idle() || self.knowledge.unwritten_bytes() >= MUCH {
            self.flush();
            self.flush_at = None;
        } else if self.knowledge.unwritten_bytes() > 0 {
            self.flush_at.get_or_insert(now + FLUSH_WITHIN);
        }
    }

    /// Writes to the file what was taken.
    pub(super) fn flush(&mut self) {
        if let Err(error) = self.knowledge.flush() {
            let error = error.to_string();
            self.reporter.report(Event::NotKept { error });
        }
    }

    fn poll_timeout(&mut self) -> lnwire::Instant {
        let deadlines = [
            self.knowledge.home().poll_timeout(),
            self.manager.poll_timeout(),
            self.ingest.poll_timeout(),
            self.relay.poll_timeout(),
            self.flush_at,
        ];
        deadlines
            .into_iter()
            .flatten()
            .fold(self.wall_clock_at.min(self.prune_at), lnwire::Instant::min)
    }

    fn handle_timeout(&mut self) {
        let now = self.now;
        self.knowledge.home().serve(now);
        if self.wall_clock_at <= now {
            self.wall_clock_at = now + WALL_CLOCK_EVERY;
            self.ingest.set_wall_clock(self.clock.wall_clock());
            self.relay.set_wall_clock(self.clock.wall_clock());
        }
        if self.prune_at <= now {
            self.prune_at = now + PRUNE_EVERY;
            self.prune(now);
        }
        self.ingest.handle_timeout(now);
        self.pump_ingest();
        self.manager.handle_timeout(now);
        self.pump_manager();
        self.relay.handle_timeout(now);
    }

    /// Takes out what nobody has updated for two weeks, and tells everybody who counts or passes on.
    fn prune(&mut self, now: lnwire::Instant) {
        let gone = self.knowledge.prune(now, self.clock.wall_clock());
        for id in &gone {
            self.relay.handle_input(now, relay::Input::Gone(*id));
        }
        if !gone.is_empty() {
            let channels = self.knowledge.graph().channel_count();
            self.ingest.set_channel_count(channels);
            Stats::add(&self.stats.pruned, gone.len());
        }
    }

    fn count(&self) {
        let graph = self.knowledge.graph();
        let nodes = self.knowledge.store.node_announcements();
        Stats::set(&self.stats.channels, graph.channel_count());
        Stats::set(&self.stats.updates, graph.policy_count());
        Stats::set(&self.stats.nodes, nodes);
    }

    pub(super) fn complain(&mut self, peer: NodeId, what: String) {
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        p.complaints += 1;
        if p.complaints <= MAX_COMPLAINTS {
            self.reporter.report(Event::Complaint { peer, what });
        }
    }
}
