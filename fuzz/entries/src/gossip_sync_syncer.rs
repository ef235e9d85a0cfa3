//! Conversations of a syncer of `gossip-sync` with a peer, written down line by line; `gossip-sync/tests/transcripts/README.md`
//! says how.

use core::{fmt::Write as _, time::Duration};

use gossip_sync::{
    Syncer,
    syncer::{Blocks, Config, Event, Input, Outcome, Output, Wanted},
};
use lnwire::{
    BlockHeight, ChainHash, Instant, Message, ShortChannelId, Timestamp,
    bolt7::{QueryFlags, ReplyChannelRange, ReplyShortChannelIdsEnd, ShortChannelIds, Timestamps},
    bytes::Bytes,
    tlv::UnknownRecords,
};

/// Plays whatever lines of `input` make sense, without looking at what is expected: no order of steps may panic, hold more
/// than there is room for, or wait without a deadline.
///
/// # Panics
/// If one does.
pub fn gossip_sync_syncer(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _played = play_syncer(text.lines().take(300), false);
}

/// Plays a conversation.
///
/// # Errors
/// The line, from 1 on, at which something else happened than is written there, or which makes no sense; only if `strict`.
///
/// # Panics
/// If the syncer waits without a deadline, or holds more than it has room for.
pub fn play_syncer<'t>(lines: impl Iterator<Item = &'t str>, strict: bool) -> Result<(), String> {
    let mut stage = Stage::new(Config::new(CHAIN));
    for (n, line) in (1..).zip(lines) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let done = stage.step(line);
        stage.check();
        if let Err(why) = done.map_err(|why| format!("line {n}, «{line}»: {why}")) {
            if strict {
                return Err(why);
            }
        }
    }
    Ok(())
}

const CHAIN: ChainHash = ChainHash::REGTEST;

struct Stage {
    config: Config,
    syncer: Syncer,
    now: Instant,
    outputs: Vec<Output>,
    wanted: usize,
}

impl Stage {
    fn new(config: Config) -> Self {
        Self {
            syncer: Syncer::new(config.clone()),
            config,
            now: Instant::ZERO,
            outputs: Vec::new(),
            wanted: 0,
        }
    }

    fn step(&mut self, line: &str) -> Result<(), String> {
        let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
        match head {
            ">" => self.peer_sends(rest)?,
            "<" | "?" | "!" => return self.happens(line),
            "room" | "per-query" => {
                let number = number(rest)?.clamp(4, 40_000) as usize;
                match head {
                    "room" => self.config.max_listed = number,
                    _ => self.config.channels_per_query = number,
                }
                self.syncer = Syncer::new(self.config.clone());
                self.outputs.clear();
            }
            "at" => {
                let then = Instant::from_epoch(Duration::from_secs(number(rest)?.into()));
                self.now = self.now.max(then);
                self.syncer.handle_timeout(self.now);
            }
            "sync" => {
                let [first, end] = numbers(rest)?;
                let (first, end) = (BlockHeight(first), BlockHeight(end));
                self.syncer.sync(self.now, first, end);
            }
            "stop" => self.syncer.stop(),
            "missing" => {
                let wanted: Result<Vec<_>, _> = rest.split_whitespace().map(wanted).collect();
                let wanted = wanted?;
                self.wanted = self.wanted.max(wanted.len());
                self.syncer.handle_input(self.now, Input::Missing(wanted));
            }
            _ => return Err("no such step".to_owned()),
        }
        self.outputs
            .extend(core::iter::from_fn(|| self.syncer.poll_output()));
        Ok(())
    }

    fn check(&self) {
        assert!(self.syncer.is_idle() == self.syncer.poll_timeout().is_none());
        let most = (self.config.max_listed * 32).max(self.wanted * 16);
        assert!(self.syncer.held_bytes() <= most);
    }

    fn peer_sends(&mut self, what: &str) -> Result<(), String> {
        let (head, rest) = what.split_once(' ').unwrap_or((what, ""));
        let input = match head {
            "reply" | "foreign-reply" => {
                let mut words = rest.split_whitespace();
                let mut next = || words.next().ok_or("no range and end").map(number);
                let (first, number_of_blocks, complete) = (next()??, next()??, next()??);
                let channels: Result<Vec<_>, _> = words.map(timed).collect();
                let channels = channels?;
                let chain_hash = match head {
                    "reply" => CHAIN,
                    _ => ChainHash::MAINNET,
                };
                let times = channels.iter().map(|(_, time)| [Timestamp(*time); 2]);
                Input::RangeReply(ReplyChannelRange {
                    chain_hash,
                    first_blocknum: BlockHeight(first),
                    number_of_blocks,
                    sync_complete: u8::from(complete != 0),
                    short_channel_ids: ShortChannelIds::new(channels.iter().map(|c| c.0)),
                    timestamps: Some(Timestamps::new(times)),
                    checksums: None,
                    unknown: UnknownRecords::default(),
                })
            }
            "end" | "foreign-end" => Input::ScidsEnd(ReplyShortChannelIdsEnd {
                chain_hash: match head {
                    "end" => CHAIN,
                    _ => ChainHash::MAINNET,
                },
                full_information: u8::from(number(rest)? != 0),
                extra: Bytes::new(),
            }),
            "announces" => Input::Gossip(Some(channel(rest)?)),
            "gossip" => Input::Gossip(None),
            _ => return Err("no such message".to_owned()),
        };
        self.syncer.handle_input(self.now, input);
        Ok(())
    }

    /// Looks at what the syncer wants next.
    fn happens(&mut self, expected: &str) -> Result<(), String> {
        if self.outputs.is_empty() {
            return match expected {
                "< nothing" | "! nothing" => Ok(()),
                _ => Err("it was «nothing»".to_owned()),
            };
        }
        let found = written(&self.outputs.remove(0));
        if expected == found {
            return Ok(());
        }
        Err(format!("it was «{found}»"))
    }
}

/// An output as a line.
fn written(output: &Output) -> String {
    match output {
        Output::Send(Message::QueryChannelRange(query)) => {
            format!(
                "< range {} {}",
                query.first_blocknum.0, query.number_of_blocks
            )
        }
        Output::Send(Message::QueryShortChannelIds(query)) => {
            let mut line = "< channels".to_owned();
            let all = u64::from(EVERYTHING);
            let mut flags = query.query_flags.as_ref().map(|flags| flags.iter());
            for id in query.short_channel_ids.iter() {
                let flags = flags.as_mut().and_then(Iterator::next).unwrap_or(all);
                let _written = match flags == all {
                    true => write!(line, " {id}"),
                    false => write!(line, " {id}:{flags}"),
                };
            }
            line
        }
        Output::Send(Message::GossipTimestampFilter(filter)) => {
            let (first, range) = (filter.first_timestamp.0, filter.timestamp_range);
            format!("< filter {first} {range}")
        }
        Output::FindMissing(listed) => {
            let ids = listed.iter().map(|l| l.short_channel_id);
            format!("? listed{}", list(ids))
        }
        Output::Event(Event::Finished(outcome)) => ended(outcome),
        Output::Event(Event::Violation(violation)) => format!("! violation {violation:?}"),
        other => format!("{other:?}"),
    }
}

fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Complete {
            listed,
            asked,
            withheld,
        } => format!(
            "! complete {listed} {asked}{}",
            list(withheld.iter().copied())
        ),
        Outcome::Partial {
            reason,
            missing,
            unlisted,
        } => {
            let blocks = |b: &Blocks| format!(" [{} {}]", b.first.0, b.end.0);
            let unlisted: String = unlisted.iter().map(blocks).collect();
            let missing = list(missing.iter().copied());
            format!("! partial {reason:?}{missing}{unlisted}")
        }
        Outcome::Failed(reason) => format!("! failed {reason:?}"),
        other => format!("{other:?}"),
    }
}

const EVERYTHING: u8 = QueryFlags::EVERYTHING as u8;

fn list(ids: impl Iterator<Item = ShortChannelId>) -> String {
    ids.map(|id| format!(" {id}")).collect()
}

/// `100x1x0` and what is wanted of it, everything if that is left out.
fn wanted(text: &str) -> Result<Wanted, String> {
    let (id, flags) = text.split_once(':').unwrap_or((text, ""));
    let flags = match flags {
        "" => EVERYTHING,
        flags => flags.parse().map_err(|_| "no flags")?,
    };
    Ok(Wanted {
        short_channel_id: channel(id)?,
        flags,
    })
}

/// `100x1x0` and when its updates were made, 7 if that is left out.
fn timed(text: &str) -> Result<(ShortChannelId, u32), String> {
    let (id, time) = text.split_once('@').unwrap_or((text, "7"));
    Ok((channel(id)?, number(time)?))
}

fn channel(text: &str) -> Result<ShortChannelId, String> {
    text.parse().map_err(|_| "no channel".to_owned())
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "no number".to_owned())
}

fn numbers(text: &str) -> Result<[u32; 2], String> {
    let (one, two) = text.split_once(' ').ok_or("not two numbers")?;
    Ok([number(one)?, number(two)?])
}
