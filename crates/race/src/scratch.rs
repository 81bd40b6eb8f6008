//! A copy of the tree in which the program may write, and what it did there.

use crate::error::{At, RaceError};
use crate::setup::CopyLimit;
use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Folders that are large, seldom written, and found by their paths: the copy has links to them.
/// What is written through such a link would be written in the tree, and is refused.
const LINKED: [&str; 7] = [
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    ".tox",
    ".nox",
    ".mypy_cache",
];

/// Where races have their folders, one of which may lie in the tree.
const RACES: &str = "rightlane-race-";

/// A copy of the tree.
#[derive(Debug)]
pub(crate) struct Scratch {
    root: PathBuf,
    /// Where the copy is.
    pub(crate) copy: PathBuf,
    limit: CopyLimit,
    /// What was copied, as it was in the tree.
    sources: BTreeMap<PathBuf, Stamp>,
    /// The same entries as they were in the copy before the run.
    copies: BTreeMap<PathBuf, Stamp>,
}

/// How a run changed an entry of the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Changed,
    Deleted,
}

/// Tells whether an entry is still what it was. The kernel sets the time of change at every write;
/// no program can set it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    mode: u32,
    size: u64,
    inode: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(about: &Metadata) -> Self {
        let is_folder = about.is_dir();
        Self {
            mode: about.mode(),
            // Of folders, what is in them counts by itself.
            size: if is_folder { 0 } else { about.len() },
            inode: about.ino(),
            changed: if is_folder {
                (0, 0)
            } else {
                (about.ctime(), about.ctime_nsec())
            },
        }
    }
}

impl Scratch {
    /// Copies the tree to `copy`, which is not there yet.
    pub(crate) fn make(root: &Path, copy: PathBuf, limit: CopyLimit) -> Result<Self, RaceError> {
        let mut scratch = Self {
            root: root.to_owned(),
            copy,
            limit,
            sources: BTreeMap::new(),
            copies: BTreeMap::new(),
        };
        scratch.sources = scratch.entries(root)?;
        scratch.check_size()?;
        scratch.fill()?;
        Ok(scratch)
    }

    /// Where an entry of the tree is in the copy; other paths stay.
    pub(crate) fn mapped(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.root) {
            Ok(rest) if rest.as_os_str().is_empty() => self.copy.clone(),
            Ok(rest) => self.copy.join(rest),
            Err(_) => path.to_owned(),
        }
    }

    /// Makes the copy what the tree is, with other texts for some of its files (by their paths in
    /// the copy). Only what the last run changed is copied again.
    pub(crate) fn prepare(&mut self, texts: &[(PathBuf, &str)]) -> Result<(), RaceError> {
        if !self.restore()? {
            remove(&self.copy).at(&self.copy)?;
            self.fill()?;
        }
        for (path, text) in texts {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).at(folder)?;
            }
            make_writable(path);
            fs::write(path, text).at(path)?;
        }
        self.copies = self.entries(&self.copy)?;
        Ok(())
    }

    /// What the last run did, by paths from the root, in order.
    pub(crate) fn changes(&self) -> Result<Vec<(PathBuf, Change)>, RaceError> {
        Ok(differences(&self.copies, &self.entries(&self.copy)?))
    }

    /// Undoes what the last run and its texts did; false where that takes a new copy.
    fn restore(&mut self) -> Result<bool, RaceError> {
        let Ok(now) = self.entries(&self.copy) else {
            return Ok(false);
        };
        let mut changes = differences(&self.copies, &now);
        changes.extend(self.texts_of_last_run());
        for (path, change) in changes {
            let (there, ours) = (self.root.join(&path), self.copy.join(&path));
            let is_folder = now.get(&path).is_some_and(|stamp| is_folder(stamp.mode));
            let was_file = self.sources.get(&path).is_some_and(|one| is_file(one.mode));
            match change {
                // What is in a folder comes after it, and is gone with it.
                Change::Created if is_folder => remove(&ours).at(&ours)?,
                Change::Created => drop(fs::remove_file(&ours)),
                Change::Changed | Change::Deleted if was_file && !is_folder => {
                    drop(fs::remove_file(&ours));
                    if copy_file(&there, &ours).is_err() {
                        return Ok(false);
                    }
                    self.check_unchanged(&path)?;
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Files whose text was another in the last run.
    fn texts_of_last_run(&self) -> Vec<(PathBuf, Change)> {
        let fresh = |path: &PathBuf| {
            let (Some(source), Some(copy)) = (self.sources.get(path), self.copies.get(path)) else {
                return false;
            };
            is_file(source.mode) && (source.size != copy.size || !same_time(self, path))
        };
        let created = |path: &PathBuf| !self.sources.contains_key(path);
        let changed = self.copies.keys().filter(|path| fresh(path));
        let made = self.copies.keys().filter(|path| created(path));
        changed
            .map(|path| (path.clone(), Change::Changed))
            .chain(made.map(|path| (path.clone(), Change::Created)))
            .collect()
    }

    fn fill(&mut self) -> Result<(), RaceError> {
        fs::create_dir_all(&self.copy).at(&self.copy)?;
        let mut folders = Vec::new();
        for (path, stamp) in &self.sources {
            let (there, ours) = (self.root.join(path), self.copy.join(path));
            if is_folder(stamp.mode) && !is_linked(&there) {
                if !path.as_os_str().is_empty() {
                    fs::create_dir(&ours).at(&ours)?;
                }
                folders.push((there, ours));
            } else if is_folder(stamp.mode) {
                symlink(&there, &ours).at(&ours)?;
            } else if is_file(stamp.mode) {
                match copy_file(&there, &ours) {
                    // Nor could the program read it.
                    Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
                    copied => copied.at(&there)?,
                }
            } else if is_link(stamp.mode) {
                self.copy_link(&there, &ours)?;
            }
        }
        // Last and from within: what is made in a folder changes its time, and may need its rights.
        for (there, ours) in folders.iter().rev() {
            let about = fs::metadata(there).at(there)?;
            set_times(ours, &about).at(ours)?;
            let rights = about.permissions().mode();
            fs::set_permissions(ours, fs::Permissions::from_mode(rights | 0o300)).at(ours)?;
        }
        for path in self.sources.keys() {
            self.check_unchanged(path)?;
        }
        self.copies = self.entries(&self.copy)?;
        Ok(())
    }

    /// A link that leads into the tree leads into the copy.
    fn copy_link(&self, there: &Path, ours: &Path) -> Result<(), RaceError> {
        let target = fs::read_link(there).at(there)?;
        let target = match target.strip_prefix(&self.root) {
            Ok(rest) => self.copy.join(rest),
            Err(_) if target.is_absolute() => target,
            Err(_) => {
                let folder = there.parent().unwrap_or(&self.root);
                match fs::canonicalize(folder.join(&target)) {
                    // Relative and leading outside: it would lead elsewhere from the copy.
                    Ok(whole) if !whole.starts_with(&self.root) => whole,
                    _ => target,
                }
            }
        };
        symlink(target, ours).at(ours)
    }

    fn check_unchanged(&self, path: &Path) -> Result<(), RaceError> {
        let there = self.root.join(path);
        let now = fs::symlink_metadata(&there).ok();
        if now.as_ref().map(Stamp::of).as_ref() == self.sources.get(path) {
            Ok(())
        } else {
            Err(RaceError::tree_changed(&there))
        }
    }

    fn check_size(&self) -> Result<(), RaceError> {
        let bytes: u64 = self.sources.values().map(|stamp| stamp.size).sum();
        if self.sources.len() > self.limit.entries {
            let what = format!("{} files and folders", self.limit.entries);
            return Err(RaceError::too_large(&self.root, &what));
        }
        if bytes > self.limit.bytes {
            let what = format!("{} MB of files", self.limit.bytes / 1_000_000);
            return Err(RaceError::too_large(&self.root, &what));
        }
        Ok(())
    }

    /// Files, folders and links below `top`, by their paths from there.
    fn entries(&self, top: &Path) -> Result<BTreeMap<PathBuf, Stamp>, RaceError> {
        let mut entries = BTreeMap::new();
        let mut walk = WalkDir::new(top).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                // Unreadable for us means unreadable for the program, and there is nothing to copy.
                Err(error) if error.depth() > 0 => continue,
                Err(error) => return Err(RaceError::folder(top, &error.into())),
            };
            if is_race(&entry) {
                walk.skip_current_dir();
                continue;
            }
            let Ok(about) = entry.metadata() else {
                continue;
            };
            if about.is_dir() && entry.depth() > 0 && is_linked(entry.path()) {
                walk.skip_current_dir();
            }
            if let Ok(path) = entry.path().strip_prefix(top) {
                entries.insert(path.to_owned(), Stamp::of(&about));
            }
            if entries.len() > self.limit.entries.saturating_mul(4) {
                return Err(RaceError::too_large(&self.root, "too many entries"));
            }
        }
        Ok(entries)
    }
}

fn same_time(scratch: &Scratch, path: &Path) -> bool {
    let modified = |top: &Path| {
        let about = fs::symlink_metadata(top.join(path)).ok()?;
        Some((about.mtime(), about.mtime_nsec()))
    };
    modified(&scratch.root) == modified(&scratch.copy)
}

/// Whether compiled code says so by itself: it is no work of the program's.
fn is_cache(path: &Path) -> bool {
    path.components()
        .any(|part| part.as_os_str() == "__pycache__")
}

fn differences(
    before: &BTreeMap<PathBuf, Stamp>,
    after: &BTreeMap<PathBuf, Stamp>,
) -> Vec<(PathBuf, Change)> {
    let mut changes = BTreeMap::new();
    for (path, stamp) in after {
        match before.get(path) {
            None => drop(changes.insert(path.clone(), Change::Created)),
            Some(was) if was != stamp => drop(changes.insert(path.clone(), Change::Changed)),
            Some(_) => {}
        }
    }
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        changes.insert(path.clone(), Change::Deleted);
    }
    changes.retain(|path, _| !is_cache(path));
    changes.into_iter().collect()
}

fn is_race(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with(RACES)
}

/// Whether a folder is linked to rather than copied: see [`LINKED`]; and virtual environments.
fn is_linked(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    LINKED.iter().any(|one| name == *one) || folder.join("pyvenv.cfg").is_file()
}

const KIND: u32 = 0o170_000;

fn is_folder(mode: u32) -> bool {
    mode & KIND == 0o040_000
}

fn is_file(mode: u32) -> bool {
    mode & KIND == 0o100_000
}

fn is_link(mode: u32) -> bool {
    mode & KIND == 0o120_000
}

/// Copies content, rights and times; on file systems that can, without copying the content.
fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to)?;
    set_times(to, &fs::metadata(from)?)
}

fn set_times(path: &Path, about: &Metadata) -> std::io::Result<()> {
    let times = FileTimes::new()
        .set_modified(about.modified()?)
        .set_accessed(about.accessed()?);
    File::open(path)?.set_times(times)
}

fn make_writable(path: &Path) {
    if let Ok(about) = fs::metadata(path) {
        let mode = about.permissions().mode() | 0o200;
        drop(fs::set_permissions(path, fs::Permissions::from_mode(mode)));
    }
}

/// Removes a folder, whatever rights the program left its parts with; fine if it is not there.
pub(crate) fn remove(folder: &Path) -> std::io::Result<()> {
    if fs::symlink_metadata(folder).is_err() || fs::remove_dir_all(folder).is_ok() {
        return Ok(());
    }
    // Before its entries are read, a folder's rights are mended.
    for entry in WalkDir::new(folder).into_iter().flatten() {
        if entry.file_type().is_dir() {
            let open = fs::Permissions::from_mode(0o700);
            drop(fs::set_permissions(entry.path(), open));
        }
    }
    fs::remove_dir_all(folder)
}
