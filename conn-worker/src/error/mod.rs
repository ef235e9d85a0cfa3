//! What can go wrong. Who was wrong is in the type: [`EndReason`] is mostly the peer's doing, [`SendError`] is
//! ours.

mod reason;
mod send;

pub use reason::EndReason;
pub use send::SendError;
