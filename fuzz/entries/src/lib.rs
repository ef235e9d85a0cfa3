//! What the fuzz targets call: one function a target, which panics when it finds a mistake.
#![forbid(unsafe_code)]

mod brontide_deframer;
mod lnwire_message;

pub use brontide_deframer::brontide_deframer;
pub use lnwire_message::lnwire_message;
