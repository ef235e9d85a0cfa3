//! Every conversation that is written down goes as it is written.

#[test]
fn conversations_go_as_they_are_written() {
    let folder = format!(
        "{}/../../conn-worker/tests/transcripts",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut played = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|end| end == "txt") {
            let text = std::fs::read_to_string(&path).unwrap();
            if let Err(why) = fuzz_entries::play(text.lines(), true) {
                panic!("{}, {why}", path.display());
            }
            played += 1;
        }
    }
    assert!(played >= 12, "{played}");
}

#[test]
fn another_course_is_noticed() {
    let wrong = ["accepts", "> act", "< init"];
    assert!(fuzz_entries::play(wrong.into_iter(), true).is_err());
    let wrong = ["accepts", "> act", "< act", "! up"];
    assert!(fuzz_entries::play(wrong.into_iter(), true).is_err());
}
