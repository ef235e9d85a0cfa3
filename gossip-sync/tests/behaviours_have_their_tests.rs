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
    assert!(named > 60, "{named}");
    for row in 1..=17 {
        assert!(text.contains(&format!("GM-{row:02}")), "GM-{row:02}");
    }
    // GS-44 and GS-45 are the codec's.
    let asking = (1..=11).chain(20..=25).chain(30..=43).chain(46..=50);
    for row in asking {
        assert!(text.contains(&format!("GS-{row:02}")), "GS-{row:02}");
    }
}
