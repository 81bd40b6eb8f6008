//! A place for a run that somebody else makes: an observed one, between the rehearsal and the race.

use crate::error::RaceError;
use crate::race::Race;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where the program may run once, as it would in the race: with the tree as it is, or with a fresh copy of
/// it. It is not guarded; what the program does is what the rehearsal has shown.
#[derive(Debug, Clone)]
pub struct Workplace {
    /// The working directory.
    pub directory: PathBuf,
    /// Variables for the program and its children: by them the keeper finds what is left, and no compiled
    /// modules are written into the tree.
    pub environment: Vec<(OsString, OsString)>,
    /// The race's own folder: what is made there is gone with the race, whatever ends it.
    pub folder: PathBuf,
    /// What the runs get on stdin; nothing: it is empty.
    pub input: Option<PathBuf>,
    /// The tree and its copy, if there is one.
    places: Option<(PathBuf, PathBuf)>,
}

impl Workplace {
    /// Where a path of the tree is here.
    #[must_use]
    pub fn here(&self, path: &Path) -> PathBuf {
        match &self.places {
            Some((tree, copy)) => moved(path, tree, copy),
            None => path.to_owned(),
        }
    }

    /// A text with the tree's path in place of the copy's.
    #[must_use]
    pub fn told_of_tree(&self, text: &str) -> String {
        match &self.places {
            Some((tree, copy)) => text.replace(&*copy.to_string_lossy(), &tree.to_string_lossy()),
            None => text.to_owned(),
        }
    }

    /// Where a path of this place is in the tree.
    #[must_use]
    pub fn in_tree(&self, path: &Path) -> PathBuf {
        match &self.places {
            Some((tree, copy)) => moved(path, copy, tree),
            None => path.to_owned(),
        }
    }
}

fn moved(path: &Path, from: &Path, to: &Path) -> PathBuf {
    match path.strip_prefix(from) {
        Ok(rest) if rest.as_os_str().is_empty() => to.to_owned(),
        Ok(rest) => to.join(rest),
        Err(_) => path.to_owned(),
    }
}

impl Race<'_> {
    /// A place for one run of the unchanged program, after the rehearsal. What that run changes in a copy is
    /// put right before the next run of the race.
    ///
    /// # Errors
    /// When the copy cannot be made anew.
    pub fn workplace(&mut self) -> Result<Workplace, RaceError> {
        let folder = self.folder().to_owned();
        let environment = vec![
            ("RIGHTLANE_RACE".into(), folder.clone().into_os_string()),
            ("PYTHONDONTWRITEBYTECODE".into(), "1".into()),
            ("TMPDIR".into(), folder.join("tmp").into_os_string()),
        ];
        let directory = self.setup.directory.clone();
        let places = match &mut self.scratch {
            Some(scratch) => {
                scratch.prepare(&[])?;
                Some((self.setup.root.clone(), scratch.copy.clone()))
            }
            None => None,
        };
        let mut place = Workplace {
            directory,
            environment,
            input: Some(self.input()).filter(|input| input.exists()),
            folder,
            places,
        };
        place.directory = place.here(&place.directory);
        Ok(place)
    }
}
