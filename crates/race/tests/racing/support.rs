//! A tree with a program in it, and what is asked of it afterwards.

use crate::pythons::{Python, pythons};
use rightlane_race::{Measured, Output, Race, RaceError, Rehearsal, Setup, Target, Variant};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The person's tree, and the folder for the race's own, which has to be empty in the end.
pub struct Tree {
    tree: TempDir,
    temporary: TempDir,
}

pub const GO_ON: &dyn Fn() -> bool = &|| false;

/// A usual Python; most tests need no more than one.
pub fn python() -> &'static Python {
    pythons()
        .iter()
        .find(|python| python.minor >= 11)
        .unwrap_or(&pythons()[0])
}

impl Tree {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self {
            tree: tempfile::tempdir().unwrap(),
            temporary: tempfile::tempdir().unwrap(),
        };
        for (name, text) in files {
            let path = tree.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tree
    }

    pub fn root(&self) -> PathBuf {
        fs::canonicalize(self.tree.path()).unwrap()
    }

    pub fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn setup<'a>(&self) -> Setup<'a> {
        Setup::new(
            self.root(),
            self.root(),
            self.temporary(),
            &python().path,
            GO_ON,
        )
    }

    /// Everything that can be seen of the tree from outside, times included.
    pub fn state(&self) -> BTreeMap<PathBuf, (u32, i64, i64, i64, Vec<u8>)> {
        let mut state = BTreeMap::new();
        for entry in walkdir(&self.root()) {
            let about = fs::symlink_metadata(&entry).unwrap();
            let content = fs::read(&entry).unwrap_or_default();
            let stamp = (
                about.mode(),
                about.mtime(),
                about.mtime_nsec(),
                about.ctime_nsec(),
                content,
            );
            state.insert(entry, stamp);
        }
        state
    }

    /// What is left where the race had its folder.
    pub fn left(&self) -> Vec<PathBuf> {
        fs::read_dir(self.temporary())
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
            .collect()
    }

    /// Rehearses `main.py` and demands that the tree is untouched and nothing is left.
    pub fn rehearse(&self, setup: Setup<'_>) -> Result<Rehearsal, RaceError> {
        let before = self.state();
        let mut race = Race::open(setup).unwrap();
        let folder = race.folder().to_owned();
        let result = race.rehearse(&main());
        drop(race);
        assert_eq!(before, self.state());
        assert_eq!(self.left(), Vec::<PathBuf>::new());
        assert_eq!(carrying(&folder), Vec::<u32>::new());
        result
    }
}

fn walkdir(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(walkdir(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// The processes that carry the name of a race's folder.
pub fn carrying(folder: &Path) -> Vec<u32> {
    let token = format!("RIGHTLANE_RACE={}\0", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let pid = entry.file_name().to_string_lossy().parse();
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if let Ok(pid) = pid
            && environment
                .windows(token.len())
                .any(|part| part == token.as_bytes())
        {
            found.push(pid);
        }
    }
    found
}

/// `main.py` by the usual Python.
pub fn main() -> Variant {
    by(python())
}

/// `main.py` by a Python.
pub fn by(python: &Python) -> Variant {
    Variant::new("sequential", &python.path, Target::Script("main.py".into()))
}

/// A variant of `main.py` with another text.
pub fn other(tree: &Tree, name: &str, text: &str) -> Variant {
    Variant {
        name: name.to_owned(),
        overlay: vec![(tree.path("main.py"), text.to_owned())],
        ..main()
    }
}

/// Races `main.py` against variants; all that was measured.
pub fn race(setup: Setup<'_>, variants: Vec<Variant>) -> Vec<Measured> {
    let mut race = Race::open(setup).unwrap();
    race.rehearse(&variants[0]).unwrap();
    for variant in variants {
        race.add(variant);
    }
    race.run(&mut |_| ()).unwrap();
    race.measured()
}

#[track_caller]
pub fn assert_equal(measured: &Measured) {
    assert_eq!(measured.output, Some(Output::Equal), "{measured:#?}");
    assert!(measured.seconds.is_some(), "{measured:#?}");
}
