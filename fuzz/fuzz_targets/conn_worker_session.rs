#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_entries::conn_worker_session(input));
