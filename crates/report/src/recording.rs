//! The file that a recording is kept in: JSON, compressed with gzip.

mod check;
mod error;

pub use error::LoadError;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use rightlane_facts::{RECORDING_VERSION, Recording};
use serde::Deserialize;
use std::io::{Read as _, Write as _};

/// Most bytes of JSON in a file: a few kilobytes can unpack to many gigabytes. A stretch of the
/// timeline takes 113 bytes (measured over 200,000 of ten threads), so that this is room for nine
/// million, a day of a thread that does something else a hundred times a second.
const LARGEST: usize = 1 << 30;

/// `recording` as the bytes of its file; the same recording gives the same bytes.
///
/// Its figures are finite: JSON has no other numbers, and a file with one could not be read.
#[must_use]
pub fn save(recording: &Recording) -> Vec<u8> {
    // A `Recording` has text keys only and no `Serialize` of its own that could fail.
    gzip(&serde_json::to_vec(recording).unwrap_or_default())
}

/// The recording in the bytes of a file. Every index in it leads somewhere and every time is one.
/// Its figures are those that were saved to within their last binary digit.
///
/// # Errors
///
/// If it is no recording, one of another version, or a damaged one.
pub fn load(file: &[u8]) -> Result<Recording, LoadError> {
    load_at_most(file, LARGEST)
}

fn load_at_most(file: &[u8], largest: usize) -> Result<Recording, LoadError> {
    let json = unpacked(file, largest)?;
    let head: Head = serde_json::from_slice(&json).map_err(|error| LoadError::json(&error))?;
    let version = head.recording.ok_or_else(LoadError::no_version)?;
    if major(&version) != major(RECORDING_VERSION) {
        return Err(LoadError::version(&version));
    }
    let recording = serde_json::from_slice(&json).map_err(|error| LoadError::damaged(&error))?;
    match check::fault(&recording) {
        Some(fault) => Err(LoadError::damaged(&fault)),
        None => Ok(recording),
    }
}

/// What every version of a recording begins with.
#[derive(Deserialize)]
struct Head {
    recording: Option<String>,
}

fn major(version: &str) -> Option<&str> {
    version.split('.').next()
}

fn unpacked(file: &[u8], largest: usize) -> Result<Vec<u8>, LoadError> {
    if !file.starts_with(&[0x1f, 0x8b]) {
        return Err(LoadError::not_gzip(file));
    }
    let mut json = Vec::new();
    // One byte more than allowed tells too large from just as large.
    let mut reader = MultiGzDecoder::new(file).take(largest as u64 + 1);
    reader
        .read_to_end(&mut json)
        .map_err(|error| LoadError::gzip(&error))?;
    if json.len() > largest {
        return Err(LoadError::too_large(largest));
    }
    Ok(json)
}

/// `bytes` compressed, without a time or a name in the header.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into a `Vec` cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked() {
        let bomb = gzip(&vec![b' '; 1 << 20]);
        assert!(bomb.len() < 1 << 14);
        let error = load_at_most(&bomb, 1 << 16).expect_err("too large");
        assert!(error.is_too_large(), "{error}");
    }
}
