//! Reads `GOSSMAP_COMPRESSv1`: the topology and the terms of a whole network in about a megabyte, without ids,
//! names, signatures, timestamps or short channel ids.
//!
//! After the header `GOSSMAP_COMPRESSv1` and a zero byte, everything is a `bigsize`: the number C of channels;
//! C start nodes; C end nodes; the disabled directions (channel × 2 + direction), ended by any number of at
//! least 2 C; then six tables: capacities in satoshi (C indexes), and with 2 C indexes each, least and greatest
//! amounts in msat, base fees in msat, proportional fees in millionths, CLTV deltas. A table is a count, that
//! many values, and the indexes into them.
//!
//! What the file does not say outright:
//!
//! 1. A greatest amount of 0 means the capacity, 1 means 0.99 of it ([`HtlcMaximum`]).
//! 2. Disabled directions have no terms: their entries in the tables are fillers ([`Policy::disabled`]).
//! 3. Direction 0 belongs to the lesser of the two *node ids*, which is the start node only about half the
//!    time. The ids are in the [`NodeList`].
//!
//! What is read from a hostile file stays in proportion: nothing is reserved for a count that the file does
//! not have the bytes for, and reading takes less than 20 bytes of memory for each unpacked byte, of which there
//! are at most [`MAX_LEN`].

use std::{fs, io, path::Path};

use bytes::Bytes;
use lnwire::{BigSize, DecodeError, Msat, Reader};

use crate::{
    gzip::{self, GzipError},
    node_list::{NodeList, NodeListError},
    topology::{Policy, Topology, TopologyChannel, short_channel_ids},
};

/// The greatest length of an unpacked file in bytes: fifty times that of mainnet in 2026.
pub const MAX_LEN: usize = 1 << 26;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gossmap {
    /// Invariant: node indexes are below twice the number of channels; no channel begins where it ends.
    channels: Vec<GossmapChannel>,
}

/// One channel of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GossmapChannel {
    /// The index of one node, in most files the lesser index.
    pub start: u32,
    /// The index of the other node.
    pub end: u32,
    /// The value of the funding output, in satoshi.
    pub capacity_sat: u64,
    /// The terms for payments from the node with the lesser id, and for those from the other; `None` for a
    /// disabled direction.
    pub directions: [Option<Terms>; 2],
}

/// The terms of a direction that is not disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The least amount forwarded.
    pub htlc_minimum_msat: Msat,
    /// The greatest amount forwarded.
    pub htlc_maximum: HtlcMaximum,
    /// The part of the fee that does not depend on the amount, in msat.
    pub fee_base_msat: u32,
    /// The part of the fee that does, in millionths of the amount.
    pub fee_proportional_millionths: u32,
    /// Blocks added to the expiry of what is forwarded.
    pub cltv_expiry_delta: u16,
}

/// The greatest amount forwarded, the way the file tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HtlcMaximum {
    /// The channel's capacity; 0 in the file.
    Capacity,
    /// 0.99 of the channel's capacity; 1 in the file.
    Share99,
    /// This amount.
    Amount(Msat),
}

impl HtlcMaximum {
    /// Returns the amount for a channel of this capacity.
    #[must_use]
    pub const fn resolve(self, capacity_sat: u64) -> Msat {
        match self {
            Self::Capacity => Msat::from_sat(capacity_sat),
            // 0.99 of a thousand: exact, as no satoshi is split.
            Self::Share99 => Msat(capacity_sat.saturating_mul(990)),
            Self::Amount(amount) => amount,
        }
    }
}

/// Why a file is not `GOSSMAP_COMPRESSv1`. Offsets are those of the unpacked file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GossmapError {
    /// The file does not unpack.
    #[error("gossmap, {0}")]
    Gzip(#[from] GzipError),
    /// The file does not begin with `GOSSMAP_COMPRESSv1` and a zero byte.
    #[error("gossmap, byte {at}: not the header of GOSSMAP_COMPRESSv1")]
    Header {
        /// The first byte that differs or is missing.
        at: usize,
    },
    /// A number is cut short or has a shorter form.
    #[error("gossmap, byte {at}: {error}")]
    Number {
        /// Where the number begins.
        at: usize,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// A number is larger than its meaning allows.
    #[error("gossmap, byte {at}: {field}: {value} where at most {max} is possible")]
    Range {
        /// Where the number begins.
        at: usize,
        /// What it stands for.
        field: &'static str,
        /// The number.
        value: u64,
        /// The greatest that would do.
        max: u64,
    },
    /// An index points into a table without values.
    #[error("gossmap, byte {at}: {field}: index into an empty table")]
    EmptyTable {
        /// Where the index begins.
        at: usize,
        /// The table.
        field: &'static str,
    },
    /// A channel ends at the node where it starts.
    #[error("gossmap, byte {at}: channel between node {node} and itself")]
    SelfChannel {
        /// Where the index of the end node begins.
        at: usize,
        /// The index of the node.
        node: u32,
    },
    /// Something follows the last table.
    #[error("gossmap, byte {at}: {extra} bytes too many")]
    TrailingBytes {
        /// Where the file should end.
        at: usize,
        /// Bytes that are left over.
        extra: usize,
    },
}

impl GossmapError {
    /// Returns the offset in the unpacked file.
    #[must_use]
    pub const fn at(&self) -> usize {
        match *self {
            Self::Gzip(error) => error.at(),
            Self::Header { at }
            | Self::Number { at, .. }
            | Self::Range { at, .. }
            | Self::EmptyTable { at, .. }
            | Self::SelfChannel { at, .. }
            | Self::TrailingBytes { at, .. } => at,
        }
    }
}

/// A node list has less nodes than the file it is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{listed} nodes listed where {needed} are needed")]
pub struct MissingNodes {
    /// Nodes in the list.
    pub listed: usize,
    /// Nodes in the file.
    pub needed: usize,
}

/// Why no topology comes out of the files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The topology is broken.
    #[error(transparent)]
    Gossmap(#[from] GossmapError),
    /// The node list is broken.
    #[error(transparent)]
    NodeList(#[from] NodeListError),
    /// The node list does not belong to the topology.
    #[error(transparent)]
    MissingNodes(#[from] MissingNodes),
}

/// Reads a topology and, if there is one, its node list from files.
///
/// # Errors
/// [`LoadError`], which says at which byte a file is broken.
pub fn load(gossmap: &Path, nodes: Option<&Path>) -> Result<Topology, LoadError> {
    let gossmap = Gossmap::read(&fs::read(gossmap)?)?;
    let nodes = match nodes {
        Some(nodes) => Some(NodeList::read(&fs::read(nodes)?)?),
        None => None,
    };
    Ok(gossmap.topology(nodes.as_ref())?)
}

impl Gossmap {
    /// Reads a file's bytes, packed with gzip or not.
    ///
    /// # Errors
    /// [`GossmapError`] for the first thing that is not right.
    pub fn read(file: &[u8]) -> Result<Self, GossmapError> {
        let file = Bytes::from(gzip::unpack(file, MAX_LEN)?);
        let header = HEADER.iter().zip(&file).take_while(|(a, b)| a == b);
        let at = header.count();
        if at < HEADER.len() {
            return Err(GossmapError::Header { at });
        }
        let mut numbers = Numbers::new(&file, at);
        let channels = read_channels(&mut numbers)?;
        numbers.finish()?;
        Ok(Self { channels })
    }

    /// Returns the channels in the order of the file.
    #[must_use]
    pub fn channels(&self) -> &[GossmapChannel] {
        &self.channels
    }

    /// Returns one more than the greatest node index.
    #[must_use]
    pub fn node_count(&self) -> usize {
        let greatest = self.channels.iter().map(|c| c.start.max(c.end)).max();
        greatest.map_or(0, |index| index as usize + 1)
    }

    /// Describes the network, with [made-up short channel ids](short_channel_ids) in the order of the file.
    ///
    /// The list says which node of a channel has the lesser id, hence whose terms are whose. **Without a list**
    /// the start node passes for the lesser one: then in about half of the channels each node gets the terms
    /// of the other. The network has the same shape and the same terms, only not the real ones. Nodes have no
    /// names then.
    ///
    /// # Errors
    /// [`MissingNodes`] when the list is too short.
    pub fn topology(&self, nodes: Option<&NodeList>) -> Result<Topology, MissingNodes> {
        let needed = self.node_count();
        let listed = nodes.map(NodeList::nodes);
        if let Some(listed) = listed.map(<[_]>::len).filter(|listed| *listed < needed) {
            return Err(MissingNodes { listed, needed });
        }
        let turned = |channel: &GossmapChannel| {
            let id = |index: u32| listed.map(|nodes| nodes[index as usize].node_id);
            id(channel.start) > id(channel.end)
        };
        let scids = short_channel_ids(self.channels.len());
        let channels = self.channels.iter().zip(scids);
        let channels = channels.map(|(channel, short_channel_id)| TopologyChannel {
            short_channel_id,
            nodes: if turned(channel) {
                [channel.end, channel.start]
            } else {
                [channel.start, channel.end]
            },
            capacity_sat: channel.capacity_sat,
            policies: channel
                .directions
                .map(|terms| Some(policy(terms, channel.capacity_sat))),
        });
        let name = |index: usize| listed.map(|nodes| nodes[index].alias.clone());
        Ok(Topology {
            channels: channels.collect(),
            node_names: (0..needed).map(name).collect(),
        })
    }
}

fn policy(terms: Option<Terms>, capacity_sat: u64) -> Policy {
    let Some(terms) = terms else {
        return Policy::disabled(capacity_sat);
    };
    Policy {
        disabled: false,
        htlc_minimum_msat: terms.htlc_minimum_msat,
        htlc_maximum_msat: terms.htlc_maximum.resolve(capacity_sat),
        fee_base_msat: terms.fee_base_msat,
        fee_proportional_millionths: terms.fee_proportional_millionths,
        cltv_expiry_delta: terms.cltv_expiry_delta,
    }
}

fn read_channels(numbers: &mut Numbers<'_>) -> Result<Vec<GossmapChannel>, GossmapError> {
    // A channel takes 13 bytes at least, so the count is at most the file's length.
    let count = numbers.at_most("channel count", numbers.file.len() as u64)? as usize;
    // Every node has a channel.
    let max_node = u32::try_from((2 * count).saturating_sub(1)).unwrap_or(u32::MAX);
    let start = numbers.list("start node", count, max_node)?;
    let end = read_ends(numbers, &start, max_node)?;
    let enabled = read_enabled(numbers, count)?;
    let capacity = numbers.table("capacity", count, MAX_SAT)?;
    let minimum = numbers.table("htlc_minimum_msat", 2 * count, u64::MAX)?;
    let maximum = numbers.table("htlc_maximum_msat", 2 * count, u64::MAX)?;
    let base = numbers.table("fee_base_msat", 2 * count, u32::MAX)?;
    let proportional = numbers.table("fee_proportional_millionths", 2 * count, u32::MAX)?;
    let cltv = numbers.table("cltv_expiry_delta", 2 * count, u16::MAX)?;

    let terms = |direction: usize| {
        enabled[direction].then(|| Terms {
            htlc_minimum_msat: Msat(minimum.get(direction)),
            htlc_maximum: match maximum.get(direction) {
                0 => HtlcMaximum::Capacity,
                1 => HtlcMaximum::Share99,
                amount => HtlcMaximum::Amount(Msat(amount)),
            },
            fee_base_msat: base.get(direction),
            fee_proportional_millionths: proportional.get(direction),
            cltv_expiry_delta: cltv.get(direction),
        })
    };
    let channel = |i: usize| GossmapChannel {
        start: start[i],
        end: end[i],
        capacity_sat: capacity.get(i),
        directions: [terms(2 * i), terms(2 * i + 1)],
    };
    Ok((0..count).map(channel).collect())
}

fn read_ends(
    numbers: &mut Numbers<'_>,
    start: &[u32],
    max_node: u32,
) -> Result<Vec<u32>, GossmapError> {
    let mut end = Vec::with_capacity(start.len());
    for &start in start {
        let at = numbers.at();
        let node = numbers.at_most("end node", max_node)?;
        if node == start {
            return Err(GossmapError::SelfChannel { at, node });
        }
        end.push(node);
    }
    Ok(end)
}

/// Reads the list of disabled directions; returns for each direction whether it is missing there.
fn read_enabled(numbers: &mut Numbers<'_>, count: usize) -> Result<Vec<bool>, GossmapError> {
    let mut enabled = vec![true; 2 * count];
    loop {
        let direction = numbers.at_most("disabled direction", u64::MAX)?;
        let direction = usize::try_from(direction).unwrap_or(usize::MAX);
        match enabled.get_mut(direction) {
            Some(enabled) => *enabled = false,
            None => return Ok(enabled),
        }
    }
}

/// The numbers of a file, one after the other.
struct Numbers<'a> {
    file: &'a Bytes,
    reader: Reader<'a>,
}

/// Values and, for each channel or direction, which one it has.
struct Table<T> {
    values: Vec<T>,
    /// Invariant: each is below `values.len()`.
    indexes: Vec<u32>,
}

impl<T: Copy> Table<T> {
    fn get(&self, i: usize) -> T {
        self.values[self.indexes[i] as usize]
    }
}

impl<'a> Numbers<'a> {
    /// Starts behind the header.
    fn new(file: &'a Bytes, header: usize) -> Self {
        let mut reader = Reader::new(file);
        let _header = reader.slice("header", header);
        Self { file, reader }
    }

    fn at(&self) -> usize {
        self.file.len() - self.reader.remaining()
    }

    /// Reads a number of at most `max`.
    fn at_most<T>(&mut self, field: &'static str, max: T) -> Result<T, GossmapError>
    where
        T: TryFrom<u64> + Into<u64> + Copy,
    {
        let at = self.at();
        let value = BigSize::read(field, &mut self.reader)
            .map_err(|error| GossmapError::Number { at, error })?
            .0;
        T::try_from(value)
            .ok()
            .filter(|value| (*value).into() <= max.into())
            .ok_or_else(|| GossmapError::Range {
                at,
                field,
                value,
                max: max.into(),
            })
    }

    /// Reads `count` numbers of at most `max`. A count that the file has not got the bytes for reserves
    /// nothing: each number takes a byte at least.
    fn list<T>(&mut self, field: &'static str, count: usize, max: T) -> Result<Vec<T>, GossmapError>
    where
        T: TryFrom<u64> + Into<u64> + Copy,
    {
        let mut list = Vec::with_capacity(count.min(self.reader.remaining()));
        for _ in 0..count {
            list.push(self.at_most(field, max)?);
        }
        Ok(list)
    }

    /// Reads a table of values up to `max`, with `indexes` indexes.
    fn table<T>(
        &mut self,
        field: &'static str,
        indexes: usize,
        max: T,
    ) -> Result<Table<T>, GossmapError>
    where
        T: TryFrom<u64> + Into<u64> + Copy,
    {
        let count = self.at_most(field, u64::from(u32::MAX))?;
        let values = self.list(field, count as usize, max)?;
        let at = self.at();
        let indexes = match u32::try_from(values.len())
            .unwrap_or(u32::MAX)
            .checked_sub(1)
        {
            Some(last) => self.list(field, indexes, last)?,
            None if indexes == 0 => Vec::new(),
            None => return Err(GossmapError::EmptyTable { at, field }),
        };
        Ok(Table { values, indexes })
    }

    fn finish(&self) -> Result<(), GossmapError> {
        match self.reader.remaining() {
            0 => Ok(()),
            extra => Err(GossmapError::TrailingBytes {
                at: self.at(),
                extra,
            }),
        }
    }
}

const HEADER: &[u8] = b"GOSSMAP_COMPRESSv1\0";
/// All the bitcoin there will ever be: no output holds more.
const MAX_SAT: u64 = 21_000_000 * 100_000_000;
