//! `decode` as a program: what it shows, where it stops, and what it says about it.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use lnwire::{Message, serde::Deserialize as _};
use serde_json::Value;

const PING: &str = "0012 0004 0002 abcd";
const WARNING: &str =
    "0001000000000000000000000000000000000000000000000000000000000000000000024869";
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../routemap/tests/data/");
const GOSSIP: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../lnwire/tests/vectors/gossip/"
);

fn decode(args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_decode"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read all.
    let _written = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The lines of a run that came to its end.
fn lines(args: &[&str], stdin: &[u8]) -> Vec<String> {
    let output = decode(args, stdin);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    stdout(&output).lines().map(str::to_owned).collect()
}

/// What was shown before the fault, and what is said about it.
fn fault(args: &[&str], stdin: &[u8]) -> (String, String) {
    let output = decode(args, stdin);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (stdout(&output), said)
}

/// Every line is an object whose message reads back as one of that type; returns types and places.
fn objects(lines: &[String]) -> Vec<(u64, u64)> {
    let object = |line: &String| {
        let object: Value = serde_json::from_str(line).unwrap();
        let message = Message::deserialize(&object["message"]).unwrap();
        assert_eq!(object["type"], message.msg_type());
        (
            object["offset"].as_u64().unwrap(),
            object["type"].as_u64().unwrap(),
        )
    };
    lines.iter().map(object).collect()
}

#[test]
fn hex_is_shown_by_field() {
    let expected = [
        "byte 0: type 18",
        "  ping:",
        "    num_pong_bytes: 4",
        "    ignored: abcd",
        "    extra:",
    ];
    assert_eq!(lines(&[PING], b""), expected);
    assert_eq!(lines(&["0012", "0004", "0002ABCD"], b""), expected);
    for args in [&[][..], &["-"]] {
        let shown = lines(args, format!("\n{PING}\r\n{WARNING}").as_bytes());
        assert_eq!(shown[0], "byte 1: type 18");
        assert_eq!(shown[5], "byte 22: type 1");
        assert_eq!(shown.last().unwrap(), "    (text: Hi)");
    }
    assert_eq!(lines(&[], b""), [""; 0]);
}

#[test]
fn json_is_one_object_a_line() {
    let shown = lines(
        &["--json"],
        format!("{PING}\n{WARNING}\n8001ff\n").as_bytes(),
    );
    assert_eq!(objects(&shown), [(0, 18), (20, 1), (97, 0x8001)]);
    assert_eq!(
        shown[0],
        r#"{"offset":0,"type":18,"message":{"ping":{"num_pong_bytes":4,"ignored":"abcd","extra":""}}}"#
    );
}

#[test]
fn what_is_no_message_ends_it() {
    for bad in ["0012000", "00120004zz"] {
        let (shown, said) = fault(&[bad], b"");
        assert_eq!(shown, "");
        assert_eq!(said, "decode: byte 0: no hex, or an odd number of digits\n");
    }
    let input = format!("{PING}\n001200040002ab\n{PING}\n");
    let (shown, said) = fault(&["--json"], input.as_bytes());
    assert_eq!(shown.lines().count(), 1);
    let expected = "decode: byte 20: message type 18: ignored: 2 bytes needed, 1 left\n";
    assert_eq!(said, expected);
    let (_, said) = fault(&["00"], b"");
    assert!(said.contains("byte 0: "), "{said}");
}

#[test]
fn messages_behind_their_lengths() {
    for (name, messages) in [("small.gsp", 12), ("mesh3x3_regtest_cln.gsp", 45)] {
        let path = format!("{GOSSIP}{name}");
        let shown = lines(&["--json", "--file", &path], b"");
        let places = objects(&shown);
        assert_eq!(places.len(), messages, "{name}");
        assert!(places.iter().all(|(_, kind)| (256..=258).contains(kind)));
        let text = lines(&["--file", &path], b"");
        let count = text.iter().filter(|line| line.starts_with("byte ")).count();
        assert_eq!(count, messages);
    }
}

#[test]
fn a_file_that_breaks_off_says_where() {
    let mut bytes = std::fs::read(format!("{GOSSIP}small.gsp")).unwrap();
    bytes.pop();
    let name = format!("broken-{}.gsp", std::process::id());
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, &bytes).unwrap();
    let file = path.to_str().unwrap();
    let (shown, said) = fault(&["--json", "--file", file], b"");
    std::fs::remove_file(&path).unwrap();
    let shown: Vec<_> = shown.lines().map(str::to_owned).collect();
    let frame: Value = serde_json::from_str(shown.last().unwrap()).unwrap();
    let message = Message::deserialize(&frame["message"]).unwrap();
    let (last, _) = objects(&shown)[shown.len() - 1];
    let broken = last as usize + 2 + message.encoded_len();
    assert!(said.contains(&format!("{file}: byte {broken}: ")), "{said}");

    let (_, said) = fault(&["--file", "no/such/file"], b"");
    assert!(said.starts_with("decode: no/such/file: "), "{said}");
}

#[test]
fn stores_are_recognised() {
    let file = format!("{DATA}regtest-simple.store");
    let shown = lines(&["--json", "--file", &file], b"");
    let kinds: Vec<_> = objects(&shown).into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == 256).count(), 1);
    assert!(shown.iter().any(|line| line.contains(r#""capacity_sat":"#)));
    let text = lines(&["--file", &file], b"").join("\n");
    assert!(text.contains("(capacity: "), "{text}");
    assert!(text.contains("(alias: "), "{text}");
}

#[test]
fn the_broken_record_of_a_real_store_ends_it() {
    let file = format!("{DATA}real-mainnet-gossip.store");
    let (shown, said) = fault(&["--json", "--file", &file], b"");
    assert_eq!(shown.lines().count(), 97);
    let deleted = shown
        .lines()
        .filter(|line| line.contains(r#""deleted":true"#));
    assert_eq!(deleted.count(), 5);
    assert!(said.contains("byte 42653: "), "{said}");
}

#[test]
fn a_reader_that_stops_is_no_fault() {
    let file = format!("{DATA}regtest-mesh-3x3.store");
    for args in [&["--file", &file][..], &["--json", "--file", &file]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_decode"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}
