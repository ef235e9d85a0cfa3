//! Path finding: the cheapest way to bring an amount from one node to another.

pub(crate) mod cost;
mod heap;
mod parts;
mod query;
mod route;
mod score;
mod scratch;
mod search;

pub use parts::find_parts;
pub use query::Query;
pub use route::{Hop, NoRoute, Route};
pub use score::{Candidate, Score};
pub use scratch::Scratch;
pub use search::{find_path, find_path_by};
