//! Every input of the checked-in corpora, and each of its prefixes.

fn run(target: &str, entry: fn(&[u8])) {
    let folder = format!("{}/../corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut inputs = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let input = std::fs::read(file.unwrap().path()).unwrap();
        entry(&input);
        for end in 0..input.len().min(200) {
            entry(&input[..end]);
        }
        inputs += 1;
    }
    assert!(inputs > 0);
}

#[test]
fn lnwire_message() {
    run("lnwire_message", fuzz_entries::lnwire_message);
}

#[test]
fn brontide_acts() {
    run("brontide_acts", fuzz_entries::brontide_acts);
}

#[test]
fn brontide_ciphertext() {
    run("brontide_ciphertext", fuzz_entries::brontide_ciphertext);
}

#[test]
fn brontide_deframer() {
    run("brontide_deframer", fuzz_entries::brontide_deframer);
}

#[test]
fn conn_worker_session() {
    let folder = "../../conn-worker/tests/transcripts";
    run(folder, fuzz_entries::conn_worker_session);
}

#[test]
fn gossip_sync_syncer() {
    let folder = "../../gossip-sync/tests/transcripts";
    run(folder, fuzz_entries::gossip_sync_syncer);
}

#[test]
fn gossip_sync_ingest() {
    run("gossip_sync_ingest", fuzz_entries::gossip_sync_ingest);
}

#[test]
fn lnwire_bolt1() {
    run("lnwire_bolt1", fuzz_entries::lnwire_bolt1);
}

#[test]
fn lnwire_bolt2() {
    run("lnwire_bolt2", fuzz_entries::lnwire_bolt2);
}

#[test]
fn lnwire_bolt4() {
    run("lnwire_bolt4", fuzz_entries::lnwire_bolt4);
}

#[test]
fn lnwire_bolt7() {
    run("lnwire_bolt7", fuzz_entries::lnwire_bolt7);
}

#[test]
fn lnwire_extra() {
    run("lnwire_extra", fuzz_entries::lnwire_extra);
}

#[test]
fn lnwire_tlv() {
    run("lnwire_tlv", fuzz_entries::lnwire_tlv);
}

#[test]
fn lnwire_features() {
    run("lnwire_features", fuzz_entries::lnwire_features);
}

#[test]
fn lnwire_addresses() {
    run("lnwire_addresses", fuzz_entries::lnwire_addresses);
}

#[test]
fn lnwire_scid_lists() {
    run("lnwire_scid_lists", fuzz_entries::lnwire_scid_lists);
}

#[test]
fn routemap_snapshot() {
    run("routemap_snapshot", fuzz_entries::routemap_snapshot);
}

#[test]
fn routemap_store() {
    run("routemap_store", fuzz_entries::routemap_store);
}
