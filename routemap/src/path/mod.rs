//! Path finding: the cheapest way to bring an amount from one node to another.

pub(crate) mod cost;
mod heap;
mod query;
mod route;
mod scratch;
mod search;

pub use query::Query;
pub use route::{Hop, NoRoute, Route};
pub use scratch::Scratch;
pub use search::find_path;
