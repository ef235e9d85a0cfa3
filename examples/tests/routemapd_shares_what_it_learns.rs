//! `routemapd` learns the network from a peer, `route-reader` finds routes in its memory, and each is killed.
#![cfg(target_os = "linux")]

mod common;

use std::process::Command;

use common::{
    folder::Folder,
    nodes::{CHANNELS, Server, network, patiently},
    program::{Ended, Program},
};
use lnwire::NodeId;

/// Two nodes with a channel that is open both ways.
fn neighbours() -> [NodeId; 2] {
    let mut channels = network().channels.iter();
    let open = channels.find(|c| {
        let mut updates = c.updates.iter();
        updates.all(|u| u.as_ref().is_some_and(|u| !u.is_disabled()))
    });
    let announcement = &open.expect("there is one").announcement;
    [announcement.node_id_1(), announcement.node_id_2()]
}

fn reader(folder: &str, more: &[&str]) -> Program {
    let [_, to] = neighbours();
    reader_to(to, folder, more)
}

fn reader_to(to: NodeId, folder: &str, more: &[&str]) -> Program {
    let [from, _] = neighbours();
    let [from, to] = [from, to].map(|id| id.to_string());
    let args = [
        "--socket", folder, "--from", &from, "--to", &to, "--amount", "1",
    ];
    Program::start(
        env!("CARGO_BIN_EXE_route-reader"),
        &[&args[..], more].concat(),
    )
}

fn owner(folder: &str, more: &[&str]) -> Program {
    let args = ["--socket", folder, "--network", "regtest"];
    Program::start(env!("CARGO_BIN_EXE_routemapd"), &[&args[..], more].concat())
}

/// Waits for a line that begins like this.
fn wait_for(program: &Program, beginning: &str) -> String {
    loop {
        let line = program.line();
        if line.starts_with(beginning) {
            return line;
        }
    }
}

fn assert_found(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let found = |text: &str| ended.stdout.iter().any(|line| line.contains(text));
    assert!(found(&format!("{CHANNELS} channels")), "{:?}", ended.stdout);
    assert!(found("sends"), "{:?}", ended.stdout);
    assert!(found("private memory of"), "{:?}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_and_the_owner_are_killed_and_the_others_go_on() {
    let server = Server::start().await;
    let uri = server.node.uri().expect("it listens");
    let folder = Folder::new("routemapd");
    let (socket, file) = (folder.path("socket"), folder.path("graph"));
    let programs = tokio::task::spawn_blocking(move || {
        let first = owner(&socket, &["--connect", &uri, "--graph-file", &file]);
        wait_for(&first, "ready");
        wait_for(&first, "synced: 50 channels");
        assert_found(&reader(&socket, &[]).ended());
        assert_found(&reader(&socket, &["--lock-free"]).ended());

        // Who is paid need not be in the graph, if a hint leads there.
        let (nobody, [_, entry]) = (NodeId([2; 33]), neighbours());
        let hint = format!("{entry},700000x1x1,1,0,40");
        for more in [&["--hint", &hint][..], &["--hint", &hint, "--lock-free"]] {
            let ended = reader_to(nobody, &socket, more).ended();
            assert_found(&ended);
            let last = ended.stdout.iter().find(|line| line.contains("by hint 0"));
            assert!(last.is_some_and(|l| l.contains("fee 1 msat")), "{last:?}");
        }
        assert_eq!(reader_to(nobody, &socket, &[]).ended().code, Some(1));
        let cut_off = reader_to(nobody, &socket, &["--hint", "7"]).ended();
        assert_eq!(cut_off.code, Some(2), "{}", cut_off.stderr);

        // A reader is killed: others find what they found before.
        let watching = reader(&socket, &["--every", "1"]);
        wait_for(&watching, "route from");
        drop(watching);
        assert_found(&reader(&socket, &[]).ended());
        assert_found(&reader(&socket, &["--lock-free"]).ended());

        // The owner is killed: who reads on finds out, and another one takes its place.
        let watching = reader(&socket, &["--every", "1"]);
        wait_for(&watching, "route from");
        drop(first);
        let ended = watching.ended();
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert_eq!(reader(&socket, &[]).ended().code, Some(1));
        assert_eq!(reader(&socket, &["--lock-free"]).ended().code, Some(1));

        // What the first one had written when it was killed is there without any peer.
        let second = owner(&socket, &["--graph-file", &file]);
        let has = wait_for(&second, "");
        assert!(has.starts_with("50 channels"), "{has}");
        wait_for(&second, "ready");
        assert_found(&reader(&socket, &[]).ended());
    });
    patiently("the programs", programs).await.expect("no panic");
}

#[test]
fn without_an_owner_a_reader_says_so() {
    let folder = Folder::new("no-routemapd");
    let ended = reader(&folder.path("socket"), &[]).ended();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("socket"), "{}", ended.stderr);
    let usage = Command::new(env!("CARGO_BIN_EXE_routemapd"))
        .args(["--socket", "anywhere"])
        .output()
        .unwrap();
    assert_eq!(usage.status.code(), Some(2), "nothing to share");
}
