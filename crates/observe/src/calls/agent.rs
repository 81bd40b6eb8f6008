//! The Python code that runs inside the observed process.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Its parts, by the names under which they find each other.
const PARTS: [(&str, &str); 13] = [
    ("ahead.py", include_str!("../agent/ahead.py")),
    ("calls.py", include_str!("../agent/calls.py")),
    ("capture.py", include_str!("../agent/capture.py")),
    ("codes.py", include_str!("../agent/codes.py")),
    ("hooks.py", include_str!("../agent/hooks.py")),
    ("imports.py", include_str!("../agent/imports.py")),
    ("launch.py", include_str!("../agent/launch.py")),
    ("ledger.py", include_str!("../agent/ledger.py")),
    ("loops.py", include_str!("../agent/loops.py")),
    ("pickling.py", include_str!("../agent/pickling.py")),
    ("plan.py", include_str!("../agent/plan.py")),
    ("reservoir.py", include_str!("../agent/reservoir.py")),
    ("transform.py", include_str!("../agent/transform.py")),
];
const START: &str = include_str!("../agent/start.py");

/// `co_filename` of the code that watches: its frames are not the program's.
pub const FILE_NAME: &str = "<rightlane>";

/// The parts, compiled, by the interpreter's build.
static COMPILED: Mutex<Option<HashMap<String, Vec<u8>>>> = Mutex::new(None);

/// The parts' names and texts, as `probe` hands them to an interpreter to compile: separated by
/// zero bytes.
pub(crate) fn sources() -> Vec<u8> {
    let words: Vec<&str> = PARTS
        .iter()
        .flat_map(|(name, text)| [*name, *text])
        .collect();
    words.join("\0").into_bytes()
}

/// Keeps what the interpreter `build` made of [`sources`]: compiling them takes it 10 ms, which
/// the observed program would wait for.
pub(crate) fn keep_compiled(build: &str, code: &[u8]) {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let by_build = compiled.get_or_insert_default();
    by_build.insert(build.to_owned(), code.to_owned());
}

/// A ledger longer than this was not written by the agent.
const LONGEST_LEDGER: u64 = 256 << 20;

/// The call ledger as last written into `folder`, during or after the run.
pub(crate) fn ledger(folder: &Path) -> io::Result<Vec<u8>> {
    let read = |name| {
        let mut bytes = Vec::new();
        let file = File::open(folder.join(name))?;
        file.take(LONGEST_LEDGER).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    // Between removing the old one and renaming the new one there is only that, and it is whole.
    read("ledger").or_else(|_: io::Error| read("ledger.new"))
}

/// What compiles the program's files ahead of the run.
pub(crate) fn ahead_path(folder: &Path) -> PathBuf {
    folder.join("ahead.py")
}

/// Writes the parts and `plan` into `folder`, for the interpreter `build`; yields the script to
/// start.
///
/// The script is called like the program so that process listings name it.
pub(crate) fn install(folder: &Path, name: &str, plan: &str, build: &str) -> io::Result<PathBuf> {
    let compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(code) = compiled.as_ref().and_then(|by_build| by_build.get(build)) {
        let bytes = [build.as_bytes(), b"\n", code].concat();
        std::fs::write(folder.join("compiled"), bytes)?;
    }
    drop(compiled);
    for (part, text) in PARTS {
        std::fs::write(folder.join(part), text)?;
    }
    std::fs::write(folder.join("plan"), plan)?;
    // A folder of its own: the program may be called like one of the parts.
    let launcher = folder.join("launch");
    std::fs::create_dir(&launcher)?;
    let script = launcher.join(script_name(name));
    std::fs::write(&script, START)?;
    Ok(script)
}

fn script_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || "._-".contains(*character))
        .take(64)
        .collect();
    let stem = plain.trim_matches('.').trim_end_matches(".py");
    if stem.is_empty() {
        "program.py".to_owned()
    } else {
        format!("{stem}.py")
    }
}

#[cfg(test)]
mod tests {
    use super::script_name;

    #[test]
    fn the_launcher_is_called_like_the_program_but_never_leaves_its_folder() {
        assert_eq!(script_name("report.py"), "report.py");
        assert_eq!(script_name("pkg.tool"), "pkg.tool.py");
        assert_eq!(script_name("../../x y.py"), "xy.py");
        assert_eq!(script_name("größe"), "gre.py");
        assert_eq!(script_name(".."), "program.py");
    }
}
