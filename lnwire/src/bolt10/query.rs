//! Names that ask a DNS seed for nodes.

use core::fmt;

use super::node_id::Bech32NodeId;
use crate::types::{Address, NodeId};

/// The port at which nodes listen unless somebody says another one; what A and AAAA answers speak of.
pub const DEFAULT_PORT: u16 = 9735;

/// The longest name without its last dot (RFC 1035).
const MAX_NAME_LEN: usize = 253;
/// The longest label of a name (RFC 1035).
const MAX_LABEL_LEN: usize = 63;

/// Which records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordType {
    /// IPv4 addresses of nodes at the default port.
    A,
    /// IPv6 addresses of nodes at the default port.
    Aaaa,
    /// Nodes by their ids, with ports.
    Srv,
}

/// Kinds of addresses: bit `n` is address type `n` of BOLT 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressTypes(pub u64);

impl AddressTypes {
    /// IPv4 and IPv6: what a seed assumes when the query does not say.
    pub const DEFAULT: Self = Self(0b110);

    /// Returns whether an address is of one of these kinds.
    #[must_use]
    pub fn contains(self, address: &Address) -> bool {
        1_u64
            .checked_shl(u32::from(address.descriptor()))
            .is_some_and(|bit| self.0 & bit != 0)
    }
}

/// What a seed is asked for: conditions, each of them left to the seed's own default where it is `None`.
///
/// A seed may ignore any of them, so [`candidates`](Self::candidates) and [`addresses`](Self::addresses) look again.
///
/// BOLT 10, [query semantics](https://github.com/lightning/bolts/blob/master/10-dns-bootstrap.md#query-semantics).
///
/// ```
/// use lnwire::bolt10::{Query, QueryError, RecordType};
/// let query = Query { realm: Some(0), count: Some(10), ..Query::default() };
/// let name = query.name(RecordType::Srv, "seed.example.com")?.to_string();
/// assert_eq!(name, "r0.n10.seed.example.com");
/// assert_eq!(Query::parse(&name, "seed.example.com"), Ok(query));
/// assert_eq!(query.effective_count(), 10);
/// # Ok::<(), QueryError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// `r`: the realm; 0 is Bitcoin, and the default.
    pub realm: Option<u8>,
    /// `a`: kinds of addresses, in SRV queries only. The default is [`AddressTypes::DEFAULT`].
    pub address_types: Option<AddressTypes>,
    /// `l`: one node instead of a random choice.
    pub node_id: Option<NodeId>,
    /// `n`: how many records are wanted. The default is 25.
    pub count: Option<u32>,
}

/// Why a name cannot be made or is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The seed's root is no domain name: labels of 1 to 63 letters, digits, hyphens and underscores.
    #[error("root of the seed is no domain name")]
    Root,
    /// With its conditions the name has more than 253 characters.
    #[error("name of {len} characters is longer than 253")]
    TooLong {
        /// Its length.
        len: usize,
    },
    /// Kinds of addresses can be asked for in SRV queries only.
    #[error("condition a in a query for other records than SRV")]
    AddressTypesNeedSrv,
    /// The name does not lie under the seed's root.
    #[error("name is not under the root of the seed")]
    OtherRoot,
    /// There is a label of no character.
    #[error("empty label")]
    EmptyLabel,
    /// The value of a condition is no number, too great a number, or no node id.
    #[error("condition {key} has no valid value")]
    Value {
        /// The condition's letter.
        key: char,
    },
}

impl Query {
    /// How many records a seed gives when the query does not say.
    pub const DEFAULT_COUNT: u32 = 25;

    /// Asks for one node.
    #[must_use]
    pub fn node(node_id: NodeId) -> Self {
        Self {
            node_id: Some(node_id),
            ..Self::default()
        }
    }

    /// Returns the realm, with the default of BOLT 10.
    #[must_use]
    pub fn effective_realm(&self) -> u8 {
        self.realm.unwrap_or_default()
    }

    /// Returns the kinds of addresses, with the default of BOLT 10.
    #[must_use]
    pub fn effective_address_types(&self) -> AddressTypes {
        self.address_types.unwrap_or(AddressTypes::DEFAULT)
    }

    /// Returns the number of records, with the default of BOLT 10.
    #[must_use]
    pub fn effective_count(&self) -> u32 {
        self.count.unwrap_or(Self::DEFAULT_COUNT)
    }

    /// Makes the name to ask for, by its `Display`: the conditions that are set, and the seed's root.
    ///
    /// # Errors
    /// [`QueryError::Root`], [`QueryError::TooLong`] and [`QueryError::AddressTypesNeedSrv`].
    pub fn name<'a>(
        &'a self,
        record: RecordType,
        root: &'a str,
    ) -> Result<QueryName<'a>, QueryError> {
        if self.address_types.is_some() && record != RecordType::Srv {
            return Err(QueryError::AddressTypesNeedSrv);
        }
        let root = without_last_dot(root);
        if !root.split('.').all(is_label) {
            return Err(QueryError::Root);
        }
        let name = QueryName { query: self, root };
        let mut len = Counter(0);
        // Counting never fails.
        let _counted = fmt::Write::write_fmt(&mut len, format_args!("{name}"));
        if len.0 > MAX_NAME_LEN {
            return Err(QueryError::TooLong { len: len.0 });
        }
        Ok(name)
    }

    /// Reads a name as a seed does: from right to left, so that of a condition which is there twice the one further
    /// left counts. Conditions of other letters are passed over, and so are labels that begin with an underscore, as
    /// those of the alias `_nodes._tcp`. Letters may have either case, as everywhere in DNS.
    ///
    /// # Errors
    /// [`QueryError::OtherRoot`], [`QueryError::EmptyLabel`] and [`QueryError::Value`].
    pub fn parse(name: &str, root: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for label in labels_under(name, root).ok_or(QueryError::OtherRoot)? {
            let mut chars = label.chars();
            let key = chars.next().ok_or(QueryError::EmptyLabel)?;
            let key = key.to_ascii_lowercase();
            let value = chars.as_str();
            let fault = QueryError::Value { key };
            match key {
                'r' => query.realm = Some(number(value).ok_or(fault)?),
                'a' => query.address_types = Some(AddressTypes(number(value).ok_or(fault)?)),
                'n' => query.count = Some(number(value).ok_or(fault)?),
                // The letter is the first one of the node id, as in the examples of BOLT 10; or stands before it.
                'l' => {
                    let node_id = node_id_of_label(label).or_else(|| node_id_of_label(value));
                    query.node_id = Some(node_id.ok_or(fault)?);
                }
                _ => {}
            }
        }
        Ok(query)
    }
}

/// The name of a [`Query`] under a seed's root, without a last dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryName<'a> {
    query: &'a Query,
    root: &'a str,
}

impl fmt::Display for QueryName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(realm) = self.query.realm {
            write!(f, "r{realm}.")?;
        }
        if let Some(AddressTypes(types)) = self.query.address_types {
            write!(f, "a{types}.")?;
        }
        if let Some(node_id) = self.query.node_id {
            write!(f, "{}.", Bech32NodeId(node_id))?;
        }
        if let Some(count) = self.query.count {
            write!(f, "n{count}.")?;
        }
        f.write_str(self.root)
    }
}

struct Counter(usize);

impl fmt::Write for Counter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.saturating_add(text.len());
        Ok(())
    }
}

/// Reads a node id in bech32, in any case.
pub(super) fn node_id_of_label(label: &str) -> Option<NodeId> {
    let mut lower = [0; Bech32NodeId::TEXT_LEN];
    if label.len() != lower.len() {
        return None;
    }
    lower.copy_from_slice(label.as_bytes());
    lower.make_ascii_lowercase();
    let Bech32NodeId(node_id) = core::str::from_utf8(&lower).ok()?.parse().ok()?;
    Some(node_id)
}

/// Returns the labels of `name` before `root`, from right to left; `None` if it does not lie there.
pub(super) fn labels_under<'a>(name: &'a str, root: &str) -> Option<impl Iterator<Item = &'a str>> {
    let (name, root) = (without_last_dot(name), without_last_dot(root));
    let (before, end) = name.split_at_checked(name.len().checked_sub(root.len())?)?;
    if !end.eq_ignore_ascii_case(root) {
        return None;
    }
    let labels = match before.strip_suffix('.') {
        Some(labels) => Some(labels),
        None if before.is_empty() => None,
        None => return None,
    };
    Some(labels.into_iter().flat_map(|labels| labels.rsplit('.')))
}

fn without_last_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn is_label(label: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (1..=MAX_LABEL_LEN).contains(&label.len()) && label.bytes().all(allowed)
}

/// Reads a decimal number: digits only, no sign.
fn number<T: core::str::FromStr>(text: &str) -> Option<T> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
