//! Vectors and gossip files.
#![allow(dead_code, reason = "each test file uses a part of this")]

pub(crate) mod bolt2;
pub(crate) mod bolt4;
pub(crate) mod strategies;

use lnwire::bytes::{Buf, Bytes};
use serde_json::Value;

/// The gossip files.
pub(crate) const GOSSIP: [&str; 2] = ["small", "mesh3x3_regtest_cln"];

fn path(name: &str) -> String {
    format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The vectors of a file.
pub(crate) fn vectors(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(path(&format!("{name}.json"))).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    assert!(file["source"].is_string(), "{name} says where it is from");
    let vectors = file["vectors"].as_array().unwrap();
    assert!(!vectors.is_empty());
    vectors.clone()
}

/// The bytes of a hex text.
pub(crate) fn bytes(value: &Value) -> Bytes {
    hex::decode(value.as_str().unwrap()).unwrap().into()
}

/// The messages of a gossip file.
pub(crate) fn gossip(name: &str) -> Vec<Bytes> {
    let mut file = Bytes::from(std::fs::read(path(&format!("gossip/{name}.gsp"))).unwrap());
    let mut messages = Vec::new();
    while !file.is_empty() {
        let len = usize::from(file.get_u16());
        messages.push(file.split_to(len));
    }
    messages
}
