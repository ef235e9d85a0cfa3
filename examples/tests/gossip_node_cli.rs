//! `gossip-node` as a program: what it prints, how it ends, and what it says when something is wrong.

mod common;

use std::{fs, net::TcpListener};

use common::{
    folder::Folder,
    gossmap_file::{encode, fixture},
    program::{Ended, Program, object},
    rogue::{Trap, init, new_key},
};
use lnwire::{Features, bolt1::Init};
use routemap::store::{Entry, Records};
use serde_json::Value;

const STORE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../routemap/tests/data/regtest-mesh-3x3.store"
);
const REGTEST: [&str; 2] = ["--network", "regtest"];

fn gossip_node(args: &[&str]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_gossip-node"), args)
}

/// A server and its address, which is its first line.
fn serve(args: &[&str]) -> (Program, String) {
    let listen = ["--listen", "127.0.0.1:0", "--json"];
    let program = gossip_node(&[&listen, args].concat());
    let line = object(&program.line());
    assert_eq!(line["event"], "listening");
    let uri = line["uri"].as_str().unwrap().to_owned();
    (program, uri)
}

/// A client that syncs and ends.
fn sync(uri: &str, args: &[&str]) -> Ended {
    let connect = ["--connect", uri, "--exit-when-synced", "--json"];
    gossip_node(&[&connect, args].concat()).ended()
}

/// Checks exit code and last line.
fn assert_synced(ended: &Ended, counts: [usize; 3], signatures: usize) {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = ended.json();
    let last = lines.last().unwrap();
    assert_eq!(last["event"], "synced");
    let found = ["channels", "updates", "nodes"].map(|key| last[key].as_u64().unwrap());
    assert_eq!(found, counts.map(|n| n as u64));
    assert_eq!(last["signatures_checked"], signatures);
    assert!(last["bytes_in"].as_u64().unwrap() > 100 * signatures as u64 / 2);
    assert!(last["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(last.as_object().unwrap().len(), 7);
}

#[test]
fn a_topology_is_served_and_synced() {
    let folder = Folder::new("topology");
    let topology = folder.file("three.gossmap", &encode(&fixture()));
    let (server, uri) = serve(&[&["--topology", &topology], &REGTEST[..]].concat());

    let first = sync(&uri, &REGTEST);
    assert_synced(&first, [3, 6, 3], 3 * 4 + 6 + 3);
    // Again, and this time as a node that listens itself.
    let listen = ["--listen", "127.0.0.1:0"];
    let second = sync(&uri, &[&REGTEST[..], &listen].concat());
    assert_synced(&second, [3, 6, 3], 21);
    assert_eq!(second.json()[0]["event"], "listening");
    // And from two servers at once, of which the second one has nothing.
    let (_empty, nothing) = serve(&REGTEST);
    let both = sync(&uri, &[&REGTEST[..], &["--connect", &nothing]].concat());
    assert_synced(&both, [3, 6, 3], 21);
    drop(server);
}

/// What a store holds: channels, updates, nodes, and the time of the last message.
fn store_counts() -> ([usize; 3], u32) {
    let store = Records::new(fs::read(STORE).unwrap().into()).unwrap();
    let mut counts = [0; 3];
    let mut latest = 0;
    for record in store.map(Result::unwrap) {
        latest = latest.max(record.timestamp.as_secs());
        match record.entry().unwrap() {
            Entry::ChannelAnnouncement(_) => counts[0] += 1,
            Entry::Amount { .. } => {}
            Entry::ChannelUpdate(_) => counts[1] += 1,
            Entry::NodeAnnouncement(_) => counts[2] += 1,
            other => panic!("{other:?}"),
        }
    }
    (counts, latest)
}

#[test]
fn a_gossip_store_is_served_and_synced() {
    let (counts, latest) = store_counts();
    assert_eq!(counts[0], 12);
    let clock = latest.to_string();
    let at = [&REGTEST[..], &["--wall-clock", &clock]].concat();
    let (_server, uri) = serve(&[&["--gossip-store", STORE], &at[..]].concat());
    let signatures = 4 * counts[0] + counts[1] + counts[2];
    let ended = sync(&uri, &at);
    assert_synced(&ended, counts, signatures);
    let route = ended.json().iter().any(|line| {
        let hops = line["hops"].as_array().map_or(0, Vec::len);
        line["event"] == "route" && hops > 0
    });
    assert!(route, "{:#?}", ended.stdout);
    // By today's clock all of it is too old to be asked for.
    assert_synced(&sync(&uri, &REGTEST), [0; 3], 0);
}

#[test]
fn a_torn_gossip_store_is_read_up_to_the_tear() {
    let folder = Folder::new("torn");
    let (_, latest) = store_counts();
    let bytes = fs::read(STORE).unwrap();
    let store = Records::new(bytes.clone().into()).unwrap();
    let last = store.last().unwrap().unwrap().offset;
    let torn = folder.file("torn.store", &bytes[..bytes.len() - 5]);
    let clock = latest.to_string();
    let args = ["--gossip-store", &torn, "--wall-clock", &clock];
    let args = [&args[..], &REGTEST].concat();
    let (server, uri) = serve(&args);
    let warning = server.log_line("WARN");
    assert!(
        warning.contains(&format!("byte {last}: incomplete")) && warning.contains(&torn),
        "{warning}"
    );
    let ended = sync(&uri, &[&REGTEST[..], &["--wall-clock", &clock]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.json().last().unwrap()["channels"], 12);
}

/// A node that is killed has the whole graph again as soon as it starts, without a peer, and has checked nothing anew.
#[test]
fn a_graph_file_survives_a_kill() {
    let folder = Folder::new("graph-file");
    let topology = folder.file("three.gossmap", &encode(&fixture()));
    let file = folder.path("graph.store");
    let (server, uri) = serve(&[&["--topology", &topology], &REGTEST[..]].concat());
    let keeps = [&REGTEST[..], &["--graph-file", &file]].concat();
    let client = gossip_node(&[&["--connect", &uri], &keeps[..]].concat());
    client.log_line("0 channels, 0 updates, 0 nodes");
    client.log_line("listed 3 channels, 3 were new or newer");
    // Killed: on its own it would have gone on.
    drop(client);
    drop(server);

    let (restarted, uri) = serve(&keeps);
    restarted.log_line("3 channels, 6 updates, 3 nodes, with no signature to check");
    assert_synced(&sync(&uri, &REGTEST), [3, 6, 3], 21);
    drop(restarted);

    // Torn in the middle of the last record: all but that is there, and written on.
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let (server, uri) = serve(&[&["--topology", &topology], &REGTEST[..]].concat());
    let again = sync(&uri, &keeps);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    drop(server);
    let (restarted, uri) = serve(&keeps);
    restarted.log_line("3 channels, 6 updates");
    assert_eq!(sync(&uri, &REGTEST).json().last().unwrap()["updates"], 6);
}

/// What another program wrote is not trusted, nor changed.
#[test]
fn a_store_of_others_is_no_graph_file() {
    let folder = Folder::new("foreign-store");
    let bytes = fs::read(STORE).unwrap();
    let file = folder.file("foreign.store", &bytes);
    let args = ["--listen", "127.0.0.1:0", "--graph-file", &file];
    let ended = gossip_node(&[&args[..], &REGTEST].concat()).ended();
    ended.assert_failed("not a store that can be gone on with");
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_key_file_is_made_and_kept() {
    let folder = Folder::new("key");
    let file = folder.path("node.key");
    let key_of = || {
        let (server, uri) = serve(&["--key-file", &file]);
        drop(server);
        uri.split_once('@').unwrap().0.to_owned()
    };
    let key = key_of();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(key_of(), key);
    fs::write(&file, "not a key").unwrap();
    let ended = gossip_node(&["--listen", "127.0.0.1:0", "--key-file", &file]).ended();
    ended.assert_failed("not a secret key in 64 hex digits");
}

#[test]
fn a_refused_connection() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    // Bound, so that nobody else gets the port, but not listening.
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let at = socket.local_addr().unwrap();
    let uri = format!("{}@{at}", new_key().public_key());
    let ended = sync(&uri, &REGTEST);
    ended.assert_failed("refused");
    ended.assert_failed(&uri);
}

#[test]
fn a_wrong_key() {
    let (server, uri) = serve(&REGTEST);
    let address = uri.split_once('@').unwrap().1;
    let other = format!("{}@{address}", new_key().public_key());
    let ended = sync(&other, &REGTEST);
    ended.assert_failed("closed by the peer during the handshake");
    server.log_line("handshake failed: act one: wrong tag");
    // The right key still works.
    assert_synced(&sync(&uri, &REGTEST), [0; 3], 0);
}

#[test]
fn another_network() {
    let (_server, uri) = serve(&REGTEST);
    sync(&uri, &["--network", "mainnet"]).assert_failed("no common chain");
}

/// Takes the ten seconds that a handshake may take.
#[test]
fn a_silent_server() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = silent.local_addr().unwrap();
    let uri = format!("{}@{at}", new_key().public_key());
    sync(&uri, &REGTEST).assert_failed("timed out");
}

#[test]
fn a_server_without_gossip_queries() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let trap = runtime.block_on(Trap::new());
    let uri = trap.address().to_string();
    let server = runtime.spawn(async move {
        let mut rogue = trap.shake_hands().await;
        let features = Features::EMPTY;
        rogue.send(Init { features, ..init() }).await;
        rogue.closed().await;
    });
    sync(&uri, &REGTEST).assert_failed("peer does not offer gossip queries");
    runtime.block_on(server).unwrap();
}

/// Checks that a node that is to serve this does not start, and says so.
fn broken(flag: &str, name: &str, bytes: &[u8], words: &str) {
    let folder = Folder::new(name);
    let file = folder.file(name, bytes);
    let args = ["--listen", "127.0.0.1:0", "--json", flag, &file];
    let ended = gossip_node(&args).ended();
    ended.assert_failed(words);
    ended.assert_failed(&file);
    assert_eq!(ended.json(), [Value::Null; 0]);
}

#[test]
fn a_broken_topology() {
    let bytes = encode(&fixture());
    let mut header = bytes.clone();
    header[3] ^= 1;
    broken("--topology", "header.gossmap", &header, "byte 3");
    let cut = &bytes[..40];
    let at = examples::gossmap::Gossmap::read(cut).unwrap_err().at();
    assert!((32..=40).contains(&at));
    broken("--topology", "cut.gossmap", cut, &format!("byte {at}"));
}

#[test]
fn a_gossip_store_that_is_none() {
    broken(
        "--gossip-store",
        "none.store",
        b"\xffnone",
        "byte 0: version 7.31",
    );
    broken("--gossip-store", "empty.store", b"", "byte 0: empty file");
}

#[test]
fn a_file_that_is_not_there() {
    let folder = Folder::new("missing");
    let path = folder.path("missing");
    for flag in ["--topology", "--gossip-store"] {
        let ended = gossip_node(&["--listen", "127.0.0.1:0", flag, &path]).ended();
        ended.assert_failed(&path);
    }
}

#[test]
fn nothing_to_do() {
    gossip_node(&[])
        .ended()
        .assert_failed("--listen or --connect");
}

#[test]
fn an_address_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let ended = gossip_node(&["--listen", &at]).ended();
    ended.assert_failed(&format!("cannot listen at {at}"));
}
