//! CW-15, CW-16, CW-30: both sides dial at once. Whatever the order of events on the two connections, at the two ends, and of
//! the news that one was closed: one is left, the same at both ends.
#![expect(
    clippy::print_stdout,
    reason = "figures for the record, with --nocapture"
)]

mod pools;

use conn_worker::lnwire::{Instant, NodeId};
use conn_worker::pool::{CloseReason, ConnId, Direction, Event, Input, Output, Priority};
use conn_worker::worker::DialError;
use conn_worker::{EndReason, Pool, PoolConfig};
use pools::*;

const A: NodeId = node(1);
const B: NodeId = node(2);

/// A connection between the two.
#[derive(Clone, Debug)]
struct Link {
    /// Which of the two has dialled.
    dialler: usize,
    /// Its name at either end, once it has one there.
    ends: [Option<ConnId>; 2],
    /// Whether either end has closed it.
    closed: [bool; 2],
    stage: Stage,
    up: [bool; 2],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Dialling,
    Connected,
    DiallerKnows,
    BothKnow,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// The next stage of a link.
    Advance(usize),
    /// `init` arrives at an end.
    Up(usize, usize),
    /// The news that the other end has closed arrives at an end.
    Gone(usize, usize),
}

struct Two {
    pools: [Pool; 2],
    links: Vec<Link>,
    now: Instant,
    /// What each has been told: Up and not Down.
    sessions: [Option<ConnId>; 2],
}

impl Two {
    fn new(seed: u64) -> Self {
        let now = seconds(1);
        let config = PoolConfig::default();
        let mut two = Self {
            pools: [
                Pool::new(now, config, A, seed),
                Pool::new(now, config, B, seed + 1),
            ],
            links: Vec::new(),
            now,
            sessions: [None, None],
        };
        two.pools[0].want(now, B, vec![address(2)], Priority::Persistent);
        two.pools[1].want(now, A, vec![address(1)], Priority::Persistent);
        two.carry_out();
        two
    }

    fn link_of(&mut self, end: usize, conn: ConnId) -> &mut Link {
        let mut links = self.links.iter_mut();
        links
            .find(|link| link.ends[end] == Some(conn))
            .expect("a link")
    }

    fn carry_out(&mut self) {
        while (0..2).any(|end| self.step_output(end)) {}
    }

    fn step_output(&mut self, end: usize) -> bool {
        let Some(output) = self.pools[end].poll_output() else {
            return false;
        };
        match output {
            Output::Dial { conn, .. } => {
                let mut ends = [None, None];
                ends[end] = Some(conn);
                self.links.push(Link {
                    dialler: end,
                    ends,
                    closed: [false; 2],
                    stage: Stage::Dialling,
                    up: [false; 2],
                });
            }
            Output::Close { conn, .. } | Output::Discard { conn } => {
                let was_dial = matches!(output, Output::Discard { .. });
                let link = self.link_of(end, conn);
                assert!(!link.closed[end], "closed twice");
                link.closed[end] = true;
                if !was_dial {
                    let reason = EndReason::LocalClose;
                    self.pools[end].handle_input(self.now, Input::Ended { conn, reason });
                }
            }
            Output::AbortDial { conn } => {
                let link = self.link_of(end, conn);
                if link.stage == Stage::Dialling {
                    link.closed = [true; 2];
                    let error = DialError::Aborted;
                    self.pools[end].handle_input(self.now, Input::DialFailed { conn, error });
                }
            }
            Output::Event(Event::Up { conn, .. }) => {
                assert_eq!(self.sessions[end], None, "two sessions");
                self.sessions[end] = Some(conn);
            }
            Output::Event(Event::Down { conn, .. }) => {
                assert_eq!(self.sessions[end].take(), Some(conn));
            }
            Output::Probe { conn } => {
                // Alive, and answers at once, unless its end is gone.
                if self.link_of(end, conn).closed == [false; 2] {
                    self.pools[end].handle_input(self.now, Input::Heard { conn });
                }
            }
            Output::Start { .. } | Output::Event(_) => {}
        }
        true
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (n, link) in self.links.iter().enumerate() {
            match link.closed {
                [false, false] => {
                    if link.stage != Stage::BothKnow {
                        steps.push(Step::Advance(n));
                    } else {
                        let waits = (0..2).filter(|end| !link.up[*end]);
                        steps.extend(waits.map(|end| Step::Up(n, end)));
                    }
                }
                [true, false] if link.ends[1].is_some() => steps.push(Step::Gone(n, 1)),
                [false, true] if link.ends[0].is_some() => steps.push(Step::Gone(n, 0)),
                _ => {}
            }
        }
        steps
    }

    fn take(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Advance(n) => {
                let link = &mut self.links[n];
                let (dialler, other) = (link.dialler, 1 - link.dialler);
                let conn = link.ends[dialler].expect("it has dialled");
                match link.stage {
                    Stage::Dialling => {
                        link.stage = Stage::Connected;
                        let accepted = self.pools[other].accept(now, group(1, 1)).unwrap();
                        link.ends[other] = Some(accepted);
                        self.pools[dialler].handle_input(now, Input::DialOk { conn });
                    }
                    Stage::Connected => {
                        link.stage = Stage::DiallerKnows;
                        let peer = [A, B][other];
                        self.pools[dialler].handle_input(now, Input::Authenticated { conn, peer });
                    }
                    Stage::DiallerKnows => {
                        link.stage = Stage::BothKnow;
                        let (conn, peer) = (link.ends[other].unwrap(), [A, B][dialler]);
                        self.pools[other].handle_input(now, Input::Heard { conn });
                        self.pools[other].handle_input(now, Input::Authenticated { conn, peer });
                    }
                    Stage::BothKnow => unreachable!(),
                }
            }
            Step::Up(n, end) => {
                self.links[n].up[end] = true;
                let conn = self.links[n].ends[end].unwrap();
                self.pools[end].handle_input(now, Input::Up { conn });
            }
            Step::Gone(n, end) => {
                self.links[n].closed[end] = true;
                let conn = self.links[n].ends[end].unwrap();
                let reason = EndReason::RemoteClosed;
                self.pools[end].handle_input(now, Input::Ended { conn, reason });
            }
        }
        self.carry_out();
    }

    /// Lets the next deadline of either come, if it does before `end`.
    fn pass(&mut self, end: Instant) -> bool {
        let due = self.pools.iter().filter_map(|p| p.poll_timeout()).min();
        let Some(due) = due.filter(|due| *due <= end) else {
            return false;
        };
        self.now = self.now.max(due);
        for pool in &mut self.pools {
            pool.handle_timeout(self.now);
        }
        self.carry_out();
        true
    }

    /// Both have one session, on the same link.
    fn agreed(&self) -> Option<usize> {
        let (a, b) = (self.sessions[0]?, self.sessions[1]?);
        let mut links = self.links.iter();
        links.position(|link| link.ends == [Some(a), Some(b)] && link.closed == [false; 2])
    }
}

/// Chooses as told, then always the first; remembers out of how many.
struct Choices<'a> {
    told: &'a [usize],
    made: Vec<(usize, usize)>,
}

impl Choices<'_> {
    fn choose(&mut self, among: usize) -> usize {
        let choice = self.told.get(self.made.len()).copied().unwrap_or(0);
        self.made.push((choice, among));
        choice
    }
}

/// Runs every schedule; `lost` says after how many steps a link is lost, and which.
fn every_schedule(lost: Option<(usize, usize)>) -> (u32, [u32; 2]) {
    let (mut schedules, mut kept) = (0, [0; 2]);
    let mut told = Vec::new();
    loop {
        let mut choices = Choices {
            told: &told,
            made: Vec::new(),
        };
        let winner = run(&mut choices, lost);
        schedules += 1;
        kept[winner] += 1;
        // The next schedule: the last choice that can be another one.
        let mut made = choices.made;
        loop {
            match made.pop() {
                Some((choice, among)) if choice + 1 < among => {
                    told = made.iter().map(|(choice, _)| *choice).collect();
                    told.push(choice + 1);
                    break;
                }
                Some(_) => {}
                None => return (schedules, kept),
            }
        }
    }
}

/// Runs one schedule; returns who has dialled the connection that is left.
fn run(choices: &mut Choices<'_>, lost: Option<(usize, usize)>) -> usize {
    let mut two = Two::new(7);
    let mut steps = 0;
    // In one instant, until nothing is left to happen; then time passes, and the rest in order.
    let end = seconds(200);
    loop {
        if let Some((after, link)) = lost {
            if after == steps && two.links.len() > link {
                lose(&mut two, link);
            }
        }
        steps += 1;
        let possible = two.steps();
        if possible.is_empty() {
            if !two.pass(end) {
                break;
            }
            continue;
        }
        // Only the first two connections are told to race.
        let racing = two.links.len() <= 2 && two.now == seconds(1);
        let choice = if racing {
            choices.choose(possible.len())
        } else {
            0
        };
        two.take(possible[choice]);
    }
    let agreed = two.agreed();
    let agreed = agreed.unwrap_or_else(|| panic!("{:?} {:?}", two.sessions, two.links));
    let is_open = |link: &Link| (0..2).any(|end| link.ends[end].is_some() && !link.closed[end]);
    let open = two.links.iter().filter(|link| is_open(link)).count();
    assert_eq!(open, 1, "{:?}", two.links);
    two.links[agreed].dialler
}

fn lose(two: &mut Two, link: usize) {
    for end in 0..2 {
        let link = &mut two.links[link];
        let Some(conn) = link.ends[end].filter(|_| !link.closed[end]) else {
            continue;
        };
        link.closed[end] = true;
        let input = if link.stage == Stage::Dialling {
            let error = DialError::Unreachable;
            Input::DialFailed { conn, error }
        } else {
            let reason = EndReason::RemoteClosed;
            Input::Ended { conn, reason }
        };
        let now = two.now;
        two.pools[end].handle_input(now, input);
    }
    two.carry_out();
}

#[test]
fn every_order_leaves_the_connection_that_the_smaller_key_dialled_or_the_only_one_there_was() {
    let (schedules, kept) = every_schedule(None);
    // In the others one side had not dialled yet when the other's connection came: it is the only one.
    assert!(
        schedules > 500 && kept[0] > 10 * kept[1],
        "{schedules} {kept:?}"
    );
    println!("{schedules} schedules: {kept:?}");
}

#[test]
fn whichever_is_lost_and_whenever_the_other_or_a_later_one_is_left() {
    let mut schedules = 0;
    for after in 0..12 {
        for link in 0..2 {
            schedules += every_schedule(Some((after, link))).0;
        }
    }
    println!("{schedules} schedules with a loss");
    assert!(schedules > 5000);
}

/// A half-open link does not lock out a peer that was restarted.
#[test]
fn a_peer_that_comes_again_replaces_a_connection_that_is_dead() {
    let mut pool = pool(PoolConfig::default());
    let old = reach(&mut pool, seconds(1), node(1));
    let (new, outputs) = come(&mut pool, seconds(100), node(1), group(1, 1));
    assert_eq!(outputs, [Output::Probe { conn: old }]);
    assert_eq!(pool.poll_timeout(), Some(seconds(105)));
    pool.handle_timeout(seconds(105));
    let (peer, direction) = (node(1), Direction::Inbound);
    let outputs = drain(&mut pool);
    assert_eq!(closed(&outputs), [(old, CloseReason::Replaced)]);
    let (down, up) = (
        Event::Down {
            peer,
            conn: old,
            reason: None,
        },
        Event::Up {
            peer,
            conn: new,
            direction,
        },
    );
    assert_eq!(events(&outputs), [down, up]);
    // The end of the old one is no news, and the worker does not dial while the new one is there.
    let reason = EndReason::LocalClose;
    pool.handle_input(seconds(105), Input::Ended { conn: old, reason });
    pool.handle_timeout(seconds(10_000));
    assert_eq!(dials(&drain(&mut pool)), []);
    assert_eq!(pool.session(&peer), Some(new));
}

#[test]
fn a_connection_that_lives_is_kept() {
    let mut pool = pool(PoolConfig::default());
    let old = reach(&mut pool, seconds(1), node(1));
    let (new, _) = come(&mut pool, seconds(100), node(1), group(1, 1));
    pool.handle_input(seconds(104), Input::Heard { conn: old });
    let outputs = drain(&mut pool);
    assert_eq!(closed(&outputs), [(new, CloseReason::Duplicate)]);
    assert_eq!(events(&outputs), []);
    assert_eq!(pool.session(&node(1)), Some(old));
}

#[test]
fn a_third_connection_is_closed_at_once() {
    let mut pool = pool(PoolConfig::default());
    reach(&mut pool, seconds(1), node(1));
    come(&mut pool, seconds(100), node(1), group(1, 1));
    let (third, outputs) = come(&mut pool, seconds(101), node(1), group(1, 2));
    assert_eq!(closed(&outputs), [(third, CloseReason::Duplicate)]);
}

/// The loser is there until the winner works.
#[test]
fn if_the_winner_dies_before_it_is_up_the_loser_is_promoted() {
    let mut pool = pool(PoolConfig::default());
    let peer = node(2000);
    pool.want(seconds(1), peer, vec![address(1)], Priority::User);
    let [(ours, _)] = dials(&drain(&mut pool))[..] else {
        panic!()
    };
    pool.handle_input(seconds(1), Input::DialOk { conn: ours });
    pool.handle_input(seconds(1), Input::Authenticated { conn: ours, peer });
    let (theirs, outputs) = come(&mut pool, seconds(2), peer, group(1, 1));
    assert_eq!(events(&outputs), [], "ours is waited for");
    let reason = EndReason::InitTimeout;
    pool.handle_input(seconds(16), Input::Ended { conn: ours, reason });
    assert_eq!(pool.session(&peer), Some(theirs));
}
