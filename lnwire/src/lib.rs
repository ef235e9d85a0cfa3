//! The Lightning Network's wire messages: decode and encode, byte-exact, without allocation.
