//! Nodes that compose the Lightning p2p crates on tokio.
