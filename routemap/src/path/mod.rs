//! Path finding: the cheapest way to bring an amount from one node to another.

pub(crate) mod cost;
mod heap;
mod parts;
mod private;
mod query;
mod route;
mod score;
mod scratch;
mod search;
mod trace;

pub use parts::find_parts;
pub use private::{Hint, OwnChannel, PrivateChannel};
pub use query::Query;
pub use route::{Hop, NoRoute, PrivateHop, Route};
pub use score::{Candidate, Score};
pub use scratch::Scratch;
pub use search::{find_path, find_path_by};
