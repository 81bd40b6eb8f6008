//! Races that were held, kept in the cache folder: the same program with the same arguments and Python is
//! not raced again to know which API is fastest.
//!
//! What cannot be read counts as absent. A file belongs to one state of the sources: after an edit, another
//! one is looked for.

use crate::machine;
use rightlane_facts::{Machine, ProgramSource, Raced};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

/// A file larger than this is not ours.
const MOST_BYTES: u64 = 4 << 20;
/// Changes with the form of what is kept.
const FORM: &str = "1";

/// What a race belongs to.
pub(crate) struct Key(String);

impl Key {
    /// Of a program as its files are now.
    pub(crate) fn of(source: &ProgramSource, arguments: &[OsString], machine: &Machine) -> Self {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(FORM.as_bytes());
        part(machine.python.executable.as_bytes());
        part(machine.python.build.as_bytes());
        part(machine.cores.to_string().as_bytes());
        for argument in arguments {
            part(argument.as_encoded_bytes());
        }
        for path in &source.files {
            part(path.as_bytes());
            part(&std::fs::read(path).unwrap_or_default());
        }
        Self(crate::hex(&hash.finalize()))
    }

    fn file(&self) -> Option<PathBuf> {
        Some(
            machine::cache()?
                .join("races")
                .join(format!("{}.json", self.0)),
        )
    }
}

/// The race that was held, if there is one.
pub(crate) fn load(key: &Key) -> Option<Raced> {
    let path = key.file()?;
    let about = std::fs::metadata(&path).ok()?;
    if !about.is_file() || about.len() > MOST_BYTES {
        return None;
    }
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Keeps a race; an error says why it could not be.
pub(crate) fn store(key: &Key, raced: &Raced) -> Result<(), String> {
    let path = key.file().ok_or("there is no cache folder")?;
    let folder = path.parent().ok_or("there is no cache folder")?;
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(raced)?)?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|error| format!("{}: {error}", folder.display()))
}
