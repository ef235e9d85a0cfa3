//! The list that tells the nodes' ids and aliases for a [`gossmap`](crate::gossmap): a line
//! `index:id in hex:alias` for every node, in the order of the indexes from 0 on, packed with gzip or not.
//!
//! An alias is whatever its node chose: it may be empty and it may contain colons.

use std::collections::HashSet;

use lnwire::{NodeId, ParseHexError};

use crate::gzip::{self, GzipError};

/// The nodes of a list, by their index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeList {
    nodes: Vec<ListedNode>,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedNode {
    /// The node.
    pub node_id: NodeId,
    /// What it calls itself; bytes that are no UTF-8 are replaced by `\u{fffd}`.
    pub alias: String,
}

/// Why a file is not a node list. Offsets are those of the unpacked file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeListError {
    /// The file does not unpack.
    #[error("node list, {0}")]
    Gzip(#[from] GzipError),
    /// A line has less than two colons.
    #[error("node list, byte {at}: index:id:alias expected")]
    Fields {
        /// Where the line begins.
        at: usize,
    },
    /// A line does not begin with its number.
    #[error("node list, byte {at}: index {expected} expected")]
    Index {
        /// Where the line begins.
        at: usize,
        /// The number of the line, from 0 on.
        expected: usize,
    },
    /// The id is not the hex of 33 bytes.
    #[error("node list, byte {at}: {error}")]
    NodeId {
        /// Where the id begins.
        at: usize,
        /// What is wrong with it.
        error: ParseHexError,
    },
    /// The id belongs to an earlier line.
    #[error("node list, byte {at}: node id listed before")]
    Duplicate {
        /// Where the id begins.
        at: usize,
    },
}

impl NodeListError {
    /// Returns the offset in the unpacked file.
    #[must_use]
    pub const fn at(&self) -> usize {
        match *self {
            Self::Gzip(error) => error.at(),
            Self::Fields { at }
            | Self::Index { at, .. }
            | Self::NodeId { at, .. }
            | Self::Duplicate { at } => at,
        }
    }
}

impl NodeList {
    /// Reads a list from a file's bytes.
    ///
    /// ```
    /// use examples::node_list::NodeList;
    /// let id = "03864ef025fde8fb587d989186ce6a4a186895ee44a926bfc370e2c366597a3f8f";
    /// let list = NodeList::read(format!("0:{id}:alice: at home\n").as_bytes())?;
    /// assert_eq!(list.nodes()[0].alias, "alice: at home");
    /// # Ok::<(), examples::node_list::NodeListError>(())
    /// ```
    ///
    /// # Errors
    /// [`NodeListError`] for the first line that is not right.
    pub fn read(file: &[u8]) -> Result<Self, NodeListError> {
        let text = gzip::unpack(file, MAX_LEN)?;
        let mut nodes = Vec::new();
        let mut seen = HashSet::new();
        let mut at = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let (id_at, node) = read_line(at, nodes.len(), line)?;
            if !seen.insert(node.node_id) {
                return Err(NodeListError::Duplicate { at: id_at });
            }
            nodes.push(node);
            at += line.len();
        }
        Ok(Self { nodes })
    }

    /// Returns the nodes, each at the place of its index.
    #[must_use]
    pub fn nodes(&self) -> &[ListedNode] {
        &self.nodes
    }
}

/// Reads the line that begins at `at`; returns where its id begins, too.
fn read_line(
    at: usize,
    expected: usize,
    line: &[u8],
) -> Result<(usize, ListedNode), NodeListError> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let mut fields = line.splitn(3, |byte| *byte == b':');
    let (Some(index), Some(id), Some(alias)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(NodeListError::Fields { at });
    };
    if index != expected.to_string().as_bytes() {
        return Err(NodeListError::Index { at, expected });
    }
    let id_at = at + index.len() + 1;
    let node_id = String::from_utf8_lossy(id)
        .parse()
        .map_err(|error| NodeListError::NodeId { at: id_at, error })?;
    let alias = String::from_utf8_lossy(alias).into_owned();
    Ok((id_at, ListedNode { node_id, alias }))
}

/// The greatest length of an unpacked list in bytes: forty times that of mainnet in 2026.
const MAX_LEN: usize = 1 << 26;

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "03864ef025fde8fb587d989186ce6a4a186895ee44a926bfc370e2c366597a3f8f";
    const B: &str = "0217890e3aad8d35bc054f43acc00084b25229ecff0ab68debd82883ad65ee8266";

    #[test]
    fn aliases_may_be_empty_or_have_colons_or_be_no_text() {
        let mut file = format!("0:{A}:\n1:{B}:a:b:c").into_bytes();
        let list = NodeList::read(&file).unwrap();
        assert_eq!(list.nodes()[0].alias, "");
        assert_eq!(list.nodes()[1].alias, "a:b:c");
        file.push(0xff);
        assert_eq!(
            NodeList::read(&file).unwrap().nodes()[1].alias,
            "a:b:c\u{fffd}"
        );
        assert_eq!(NodeList::read(b"").unwrap(), NodeList::default());
    }

    #[test]
    fn errors_say_where() {
        let first = format!("0:{A}:alice\n");
        let at = first.len();
        let error = |line: &str| NodeList::read(format!("{first}{line}\n").as_bytes()).unwrap_err();
        assert_eq!(error(""), NodeListError::Fields { at });
        assert_eq!(error("1:abc"), NodeListError::Fields { at });
        assert_eq!(
            error(&format!("2:{B}:bob")),
            NodeListError::Index { at, expected: 1 }
        );
        assert_eq!(
            error("1:abc:bob"),
            NodeListError::NodeId {
                at: at + 2,
                error: ParseHexError::Length {
                    expected: 66,
                    found: 3
                }
            }
        );
        assert_eq!(
            error(&format!("1:{A}:bob")),
            NodeListError::Duplicate { at: at + 2 }
        );
    }
}
