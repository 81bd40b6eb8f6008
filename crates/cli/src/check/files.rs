//! Which files are checked.

use super::CheckArgs;
use super::settings::Settings;
use crate::failure::Failure;
use crate::terminal;
use ignore::WalkBuilder;
use std::path::{Path, PathBuf};

/// Folders that hold other people's code, or what tools keep.
const NOT_OURS: &[&str] = &[
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
];

/// The files of a run, each once, in the order in which they are named or found.
pub(super) struct Files {
    pub(super) paths: Vec<PathBuf>,
}

impl Files {
    /// The Python files and notebooks under the paths of the command line. A file that is named itself
    /// is checked whatever its name.
    pub(super) fn find(args: &CheckArgs, settings: &mut Settings) -> Result<Self, Failure> {
        let mut paths = Vec::new();
        for path in &args.paths {
            let about = std::fs::metadata(path).map_err(|error| {
                Failure::usage(format!("{}: {error}", path.display()))
                    .instead("name files or folders that are there")
            })?;
            if about.is_dir() {
                walk(path, args, settings, &mut paths)?;
            } else if !args.force_exclude || !settings.excludes(path)? {
                paths.push(path.clone());
            }
        }
        // One file may be reached by several paths and links; it is checked, and edited, once.
        let mut seen = std::collections::HashSet::new();
        paths.retain(|path| seen.insert(settings.one_path(path)));
        for path in &paths {
            // Settings that cannot be read are told before the work, not after it.
            settings.look_up(path)?;
        }
        Ok(Self { paths })
    }
}

fn walk(
    root: &Path,
    args: &CheckArgs,
    settings: &mut Settings,
    paths: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let heed = !args.no_gitignore;
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .ignore(heed)
        .git_ignore(heed)
        .git_exclude(heed)
        .git_global(heed)
        .require_git(false)
        .sort_by_file_name(std::ffi::OsStr::cmp)
        .filter_entry(|entry| entry.depth() == 0 || !is_not_ours(entry))
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                terminal::say(&format!("rightlane: {error}"));
                continue;
            }
        };
        let is_file = entry.file_type().is_some_and(|kind| !kind.is_dir());
        if is_file && is_python(entry.path()) && entry.path().is_file() {
            let path = without_dot(entry.path());
            if !settings.excludes(&path)? {
                paths.push(path);
            }
        }
    }
    Ok(())
}

fn is_not_ours(entry: &ignore::DirEntry) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    let is_named = entry
        .file_name()
        .to_str()
        .is_some_and(|name| NOT_OURS.contains(&name));
    is_folder && (is_named || entry.path().join("pyvenv.cfg").is_file())
}

fn is_python(path: &Path) -> bool {
    let extension = path.extension().and_then(std::ffi::OsStr::to_str);
    matches!(extension, Some("py" | "pyw" | "ipynb"))
}

/// `./a.py` is shown as `a.py`.
fn without_dot(path: &Path) -> PathBuf {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}
