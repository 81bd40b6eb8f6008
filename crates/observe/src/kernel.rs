//! What the kernel says about a process and its threads, through `/proc`.
//!
//! [`thread`] tells whether a thread runs and in which system call it waits, [`waits`] (by the
//! table of [`calls`]) what that call waits for, [`descriptors`] what is behind a file descriptor,
//! [`process`] the sizes of the process as a whole. All of it is text from files that may vanish
//! between two reads: what cannot be parsed is absent, never an error.

mod calls;
pub(crate) mod descriptors;
pub(crate) mod life;
pub(crate) mod namespace;
pub(crate) mod peers;
pub(crate) mod process;
pub(crate) mod thread;
pub(crate) mod waits;

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt;

/// Threads of a process listed at most, Python's or not: each costs system calls at every census.
const MOST_LISTED: usize = 4096;

/// Text from outside without what would confuse a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// Reads a file that grows with what the process has, up to `limit` bytes; a line that the limit
/// cuts is dropped, of a single line the last word. Most of these files the kernel writes as they
/// are read, so a limit also bounds the time.
pub(crate) fn read_capped(path: &str, limit: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == limit {
        let last = |separator| bytes.iter().rposition(|byte| *byte == separator);
        let end = last(b'\n').or_else(|| last(b' ')).unwrap_or(0);
        bytes.truncate(end);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads the start of a small file into `buffer`; the kernel writes such files in one piece.
fn read_start<'a>(file: &File, buffer: &'a mut [u8]) -> Option<&'a str> {
    let length = file.read_at(buffer, 0).ok()?;
    start(buffer.get(..length)?)
}

/// The readable part of a small file's start.
pub(crate) fn start(text: &[u8]) -> Option<&str> {
    // A thread's name may be cut in the middle of a character; the fields are all ASCII.
    match std::str::from_utf8(text) {
        Ok(text) => Some(text),
        Err(_) => {
            let end = text.iter().rposition(|byte| *byte == b')')?;
            std::str::from_utf8(text.get(end..)?).ok()
        }
    }
}

/// The fields of `/proc/PID/stat` after the command's name, which may itself hold spaces and
/// parentheses; the first one is field 3 of the manual page.
fn stat_fields(text: &str) -> Option<impl Iterator<Item = &str> + Clone> {
    let rest = text.rsplit_once(')')?.1;
    Some(rest.split_ascii_whitespace())
}

/// Field `number` of the manual page.
fn stat_field<'a>(fields: &(impl Iterator<Item = &'a str> + Clone), number: usize) -> u64 {
    let text = fields.clone().nth(number.saturating_sub(3));
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_read_up_to_the_limit_and_end_with_a_whole_line() {
        let whole = read_capped("/proc/self/maps", 1 << 20).unwrap();
        let cut = read_capped("/proc/self/maps", 250).unwrap();
        assert!(!cut.is_empty() && cut.len() < 250 && whole.len() > 250);
        assert!(cut.lines().all(|line| line.contains("-")));
        assert_eq!(read_capped("/proc/self/maps", 5).unwrap(), "");
        let name = read_capped("/proc/self/stat", 20).unwrap();
        assert!(name.len() < 20 && !name.ends_with(' '), "{name:?}");
        assert!(read_capped("/no/such/file", 5).is_err());
    }

    #[test]
    fn a_command_with_parentheses_does_not_shift_the_fields() {
        let text = "7 (a) R (b) S 1 7 7 0 -1 4194560 107 0 0 0 11 12 13 14 20 0 3 0 55";
        let fields = stat_fields(text).unwrap();
        assert_eq!(fields.clone().next(), Some("S"));
        assert_eq!(stat_field(&fields, 14), 11);
        assert_eq!(stat_field(&fields, 15), 12);
        assert_eq!(stat_field(&fields, 20), 3);
        assert_eq!(stat_field(&fields, 99), 0);
        assert!(stat_fields("7 no parenthesis").is_none());
    }
}
