//! Stores made record by record.
#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

/// Appends a record with a right checksum.
pub(crate) fn append(store: &mut Vec<u8>, flags: u16, timestamp: u32, message: &[u8]) {
    let crc = crc32c::crc32c_append(timestamp, message);
    store.extend(flags.to_be_bytes());
    store.extend((message.len() as u16).to_be_bytes());
    store.extend(crc.to_be_bytes());
    store.extend(timestamp.to_be_bytes());
    store.extend(message);
}

/// Returns a message of this type.
pub(crate) fn message(msg_type: u16, parts: &[&[u8]]) -> Vec<u8> {
    [&msg_type.to_be_bytes()[..], &parts.concat()].concat()
}
