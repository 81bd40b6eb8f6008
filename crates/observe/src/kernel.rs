//! What the kernel says about a process and its threads, through `/proc`.
//!
//! [`thread`] tells whether a thread runs and in which system call it waits, [`waits`] (by the
//! table of [`calls`]) what that call waits for, [`descriptors`] what is behind a file descriptor,
//! [`process`] the sizes of the process as a whole. All of it is text from files that may vanish
//! between two reads: what cannot be parsed is absent, never an error.

mod calls;
pub(crate) mod descriptors;
pub(crate) mod life;
pub(crate) mod peers;
pub(crate) mod process;
pub(crate) mod thread;
pub(crate) mod waits;

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt;

/// At most `limit` bytes of a text file; empty if it cannot be read.
fn read_text(path: &str, limit: u64) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        // What arrived before an error still counts: the kernel hands out whole lines.
        let _ = file.take(limit).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text from outside without what would confuse a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// Reads the start of a small file into `buffer`; the kernel writes such files in one piece.
fn read_start<'a>(file: &File, buffer: &'a mut [u8]) -> Option<&'a str> {
    let length = file.read_at(buffer, 0).ok()?;
    let text = buffer.get(..length)?;
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
