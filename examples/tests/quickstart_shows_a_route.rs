//! `quickstart` syncs a made-up network and shows what came of it.

mod common;

use common::program::Program;

#[test]
fn two_hundred_channels() {
    let ended = Program::start(
        env!("CARGO_BIN_EXE_quickstart"),
        &["--channels", "200", "--amount", "1000"],
    )
    .ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let stdout = &ended.stdout;
    let value = |name: &str| {
        let row = stdout
            .iter()
            .find_map(|line| line.trim().strip_prefix(name));
        row.unwrap_or_else(|| panic!("no {name:?} in {stdout:#?}"))
            .trim()
    };
    assert!(value("serving at").contains("@127.0.0.1:"));
    assert_eq!(value("channels "), "200");
    assert_eq!(value("channel updates"), "400");
    assert_eq!(value("nodes "), "68");
    // Four for each channel, one for each update and node.
    assert_eq!(value("signatures checked"), "1 268");
    assert!(value("memory of the graph").ends_with("bytes a channel"));
    assert!(value("route of").starts_with("1000"), "{stdout:#?}");
    let hops = stdout.iter().filter(|line| line.contains('x')).count();
    assert!(hops >= 1, "{stdout:#?}");
    assert!(value("sends").contains("of which fees"));
}
