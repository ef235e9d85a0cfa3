//! Finding nodes by DNS: names to ask for, and what the answers say. Values in, values out; resolving them is the
//! caller's business.
//!
//! BOLT 10, [DNS bootstrap and assisted node location](https://github.com/lightning/bolts/blob/master/10-dns-bootstrap.md).
//!
//! ```
//! use lnwire::bolt10::{Query, RecordType, SrvRecord};
//!
//! let query = Query { count: Some(5), ..Query::default() };
//! let root = "seed.example.com";
//! assert_eq!(query.name(RecordType::Srv, root)?.to_string(), "n5.seed.example.com");
//!
//! let target = "ln1qwktpe6jxltmpphyl578eax6fcjc2m807qalr76a5gfmx7k9qqfjwy4mctz.seed.example.com.";
//! let answers = [SrvRecord { priority: 10, weight: 10, port: 6331, target }];
//! let found = query.candidates(root, answers).next().expect("it is a node");
//! assert_eq!(found.port, 6331);
//! // Whoever resolves `found.host` to addresses can dial: the handshake needs the node's id.
//! let ips = ["139.59.143.87".parse()?];
//! let address = query.addresses(found.port, ips).next().expect("it is IPv4");
//! assert_eq!(address.to_string(), "139.59.143.87:6331");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod node_id;
mod query;

pub use answer::{Candidate, SrvRecord, node_id_of_host};
pub use node_id::{Bech32NodeId, ParseBech32NodeIdError};
pub use query::{AddressTypes, DEFAULT_PORT, Query, QueryError, QueryName, RecordType};
