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
        let folder = if file == "tests" { "src" } else { "tests" };
        let path = crate_root.join(folder).join(file).with_extension("rs");
        let source = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(source.contains(&format!("fn {function}(")), "{name}");
        named += 1;
    }
    assert!(named > 20, "{named}");
    for row in [1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 17, 18, 19] {
        assert!(text.contains(&format!("| NO-{row:02} |")), "NO-{row:02}");
    }
}
