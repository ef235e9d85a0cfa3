//! Every conversation that is written down goes as it is written.

/// Plays all conversations of a folder.
fn play_all(folder: &str, least: usize, play: impl Fn(&str) -> Result<(), String>) {
    let folder = format!("{}/../../{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut played = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|end| end == "txt") {
            let text = std::fs::read_to_string(&path).unwrap();
            if let Err(why) = play(&text) {
                panic!("{}, {why}", path.display());
            }
            played += 1;
        }
    }
    assert!(played >= least, "{played}");
}

#[test]
fn conversations_with_a_session_go_as_they_are_written() {
    play_all("conn-worker/tests/transcripts", 12, |text| {
        fuzz_entries::play(text.lines(), true)
    });
}

#[test]
fn conversations_with_a_syncer_go_as_they_are_written() {
    play_all("gossip-sync/tests/transcripts", 10, |text| {
        fuzz_entries::play_syncer(text.lines(), true)
    });
}

#[test]
fn another_course_is_noticed() {
    let wrong = ["accepts", "> act", "< init"];
    assert!(fuzz_entries::play(wrong.into_iter(), true).is_err());
    let wrong = ["accepts", "> act", "< act", "! up"];
    assert!(fuzz_entries::play(wrong.into_iter(), true).is_err());
    let wrong = ["sync 0 10", "< range 0 11"];
    assert!(fuzz_entries::play_syncer(wrong.into_iter(), true).is_err());
    let wrong = ["sync 0 10", "! nothing"];
    assert!(fuzz_entries::play_syncer(wrong.into_iter(), true).is_err());
}
