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
fn brontide_deframer() {
    run("brontide_deframer", fuzz_entries::brontide_deframer);
}
