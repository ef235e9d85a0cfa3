//! `BEHAVIOUR.md` names tests: they exist.

use std::{fs, path::Path};

#[test]
fn every_test_that_is_named_exists() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(crate_root.join("BEHAVIOUR.md")).unwrap();
    let mut named = 0;
    for name in text.split('`').filter(|word| word.contains("::")) {
        let (file, function) = name.split_once("::").unwrap();
        if file == "file" {
            continue;
        }
        let path = crate_root.join("tests").join(file).with_extension("rs");
        let source = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        // Those in `proptest!` too, whose arguments stand on lines of their own.
        assert!(source.contains(&format!("fn {function}(")), "{name}");
        named += 1;
    }
    assert!(named > 150, "{named}");
    // GS-44 and GS-45 are the codec's; the rows from 100 on are about pace.
    let asking = (1..=11).chain(20..=25).chain(30..=43).chain(46..=50);
    let mut rows: Vec<_> = asking.map(|row| format!("GS-{row:02}")).collect();
    rows.extend((100..=105).map(|row| format!("GS-{row}")));
    rows.extend((1..=17).map(|row| format!("GM-{row:02}")));
    rows.extend((1..=20).map(|row| format!("GV-{row:02}")));
    rows.extend((1..=5).map(|row| format!("GB-{row:02}")));
    rows.extend((11..=12).map(|row| format!("RM-{row}")));
    for row in rows {
        assert!(text.contains(&row), "{row}");
    }
}
