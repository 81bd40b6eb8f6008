//! The CPythons on this machine: on `PATH`, under pyenv, and those that `tools/pythons` obtained.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A CPython found on this machine.
#[derive(Debug)]
pub struct Python {
    pub path: PathBuf,
    pub minor: u32,
    /// Whether it is a free-threaded build: such a build counts as an interpreter of its own.
    pub free_threaded: bool,
    /// `3.13` or `3.13t`.
    pub name: String,
}

/// One CPython of each version and build from 3.10 to 3.15, in this order.
pub fn pythons() -> &'static [Python] {
    static FOUND: OnceLock<Vec<Python>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        (10..=15)
            .flat_map(|minor| [find(minor, false), find(minor, true)])
            .flatten()
            .collect()
    });
    assert!(!found.is_empty(), "no CPython 3.10 to 3.15 to test with");
    for python in found {
        eprintln!("{}: {}", python.name, python.path.display());
    }
    found
}

fn find(minor: u32, free_threaded: bool) -> Option<Python> {
    let name = format!("3.{minor}{}", if free_threaded { "t" } else { "" });
    let path = candidates(&name).find_map(|path| answers(&path, &name))?;
    Some(Python {
        path,
        minor,
        free_threaded,
        name,
    })
}

fn candidates(name: &str) -> impl Iterator<Item = PathBuf> {
    let file = format!("python{name}");
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    let obtained = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/pythons")
        .join(name)
        .join("bin");
    on_path
        .into_iter()
        .chain(under_pyenv())
        .chain([obtained])
        .map(move |folder| folder.join(&file))
        .filter(|path| path.is_file())
}

fn under_pyenv() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv"));
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or(home);
    let versions = root.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    let mut folders: Vec<PathBuf> = versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    folders.sort();
    folders.reverse();
    folders
}

/// Asks the interpreter: a name on the path may be a shim that leads nowhere or elsewhere.
fn answers(program: &Path, name: &str) -> Option<PathBuf> {
    let code = "import sys, sysconfig; print(sys.implementation.name, '3.%d' % sys.version_info[1] \
                + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')), sys.executable)";
    let output = Command::new(program).args(["-c", code]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let path = text.strip_prefix(&format!("cpython {name} "))?.trim_end();
    (!path.is_empty()).then(|| PathBuf::from(path))
}
