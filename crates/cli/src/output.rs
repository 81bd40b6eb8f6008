//! A file to write a report to, checked before the program runs: a program may run for hours, and
//! that its report cannot be written should be known at once.

use crate::failure::Failure;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file that will be written once.
#[derive(Debug)]
pub(crate) struct OutputFile {
    /// Absolute: the working directory may be another one by then.
    path: PathBuf,
}

impl OutputFile {
    /// The file that option `option` names, if it can be written.
    pub(crate) fn new(option: &str, path: &Path) -> Result<Self, Failure> {
        // Neither created nor cut short yet: what was there stays until there is something new.
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let tried = if path.exists() {
            std::fs::OpenOptions::new()
                .append(true)
                .open(path)
                .map(drop)
        } else {
            tempfile::tempfile_in(folder).map(drop)
        };
        tried.map_err(|error| {
            Failure::usage(format!("{option} {}: {error}", path.display()))
                .instead("name a file in a folder that exists and may be written to")
        })?;
        let path = std::path::absolute(path)
            .map_err(|error| Failure::usage(format!("{option} {}: {error}", path.display())))?;
        Ok(Self { path })
    }

    /// Writes the whole of it, or leaves what was there.
    pub(crate) fn write(&self, content: &[u8]) -> Result<(), Failure> {
        self.replace(content).map_err(|error| {
            Failure::usage(format!(
                "{} could not be written: {error}",
                self.path.display()
            ))
        })
    }

    fn replace(&self, content: &[u8]) -> io::Result<()> {
        let there = std::fs::metadata(&self.path);
        // A device or pipe is written to; a link's target is replaced, not the link.
        if there.as_ref().is_ok_and(|there| !there.is_file()) {
            return std::fs::OpenOptions::new()
                .write(true)
                .open(&self.path)?
                .write_all(content);
        }
        let path = self
            .path
            .canonicalize()
            .unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        set_permissions(file.as_file(), there.ok())?;
        file.persist(&path)?;
        Ok(())
    }
}

/// As a file that was opened plainly would have them: temporary files are private.
#[cfg(unix)]
fn set_permissions(file: &std::fs::File, there: Option<std::fs::Metadata>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = match there {
        Some(there) => there.permissions(),
        None => std::fs::Permissions::from_mode(0o666 & !umask()),
    };
    file.set_permissions(mode)
}

/// The process's file mode mask, as the kernel says it (asking by `umask` would change it).
#[cfg(unix)]
fn umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok())
        .unwrap_or(0o022)
}

#[cfg(not(unix))]
fn set_permissions(_: &std::fs::File, _: Option<std::fs::Metadata>) -> io::Result<()> {
    Ok(())
}
