//! What the fuzz targets call: one function a target, which panics when it finds a mistake.
#![forbid(unsafe_code)]

extern crate alloc;

mod brontide_acts;
mod brontide_ciphertext;
mod brontide_deframer;
mod channels;
mod conn_worker_session;
mod families;
mod gossip_sync_ingest;
mod gossip_sync_syncer;
mod lnwire_addresses;
mod lnwire_features;
mod lnwire_message;
mod lnwire_scid_lists;
mod lnwire_tlv;
mod onions;
mod proposals;
mod routemap_snapshot;
mod routemap_store;

pub use brontide_acts::brontide_acts;
pub use brontide_ciphertext::brontide_ciphertext;
pub use brontide_deframer::brontide_deframer;
pub use conn_worker_session::{conn_worker_session, play};
pub use families::{lnwire_bolt1, lnwire_bolt2, lnwire_bolt4, lnwire_bolt7, lnwire_extra};
pub use gossip_sync_ingest::gossip_sync_ingest;
pub use gossip_sync_syncer::{gossip_sync_syncer, play_syncer};
pub use lnwire_addresses::lnwire_addresses;
pub use lnwire_features::lnwire_features;
pub use lnwire_message::lnwire_message;
pub use lnwire_scid_lists::lnwire_scid_lists;
pub use lnwire_tlv::lnwire_tlv;
pub use routemap_snapshot::routemap_snapshot;
pub use routemap_store::routemap_store;
