//! The checks, their fixes and the program reader against mutated snippets.
#![no_main]

use rightlane_source::fuzzing;
use std::path::Path;
use std::sync::LazyLock;

static SNIPPETS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let set = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/source/tests/quality");
    fuzzing::snippets(Path::new(set))
});
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzzing::check_text(&fuzzing::mutated(&SNIPPETS, input), FOLDER.path());
    // Now and then the bytes themselves.
    if input.first() == Some(&b'#') {
        fuzzing::check_text(&String::from_utf8_lossy(input), FOLDER.path());
    }
});
