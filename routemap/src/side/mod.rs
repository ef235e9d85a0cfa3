//! Side tables: whatever anybody wants to keep about channels and nodes, by handle.

mod channel_features;
mod component;
mod liquidity;
mod node_details;
mod pages;
mod table;

pub use channel_features::ChannelFeatures;
pub use component::{Component, Followed};
pub use liquidity::{Bounds, Liquidity};
pub use node_details::NodeDetails;
pub use table::Kind;
pub(crate) use table::Table;
