//! What the program gets on stdin.

use crate::failure::Failure;
use crate::terminal;
use rightlane_facts::ProgramSource;
use rightlane_race::Race;
use std::fs::File;
use std::os::fd::AsFd;

/// Gives a file that is our stdin to every run. Anything else can be read only once, and whether somebody
/// will write into a pipe is not ours to wait for: then stdin is empty, which is said where it matters.
pub(crate) fn feed(race: &mut Race<'_>, source: &ProgramSource) -> Result<(), Failure> {
    let stdin = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map(File::from)
        .ok();
    let is_file = |file: &File| file.metadata().is_ok_and(|about| about.is_file());
    match stdin.filter(is_file) {
        Some(mut file) => race.feed(&mut file).map_err(super::failure),
        None => {
            if reads(source) {
                terminal::say(
                    "rightlane: every run has an empty standard input; the program seems to read it: give it a file \
                     (rightlane prove … < FILE)",
                );
            }
            Ok(())
        }
    }
}

/// Whether a file of the program names its standard input.
fn reads(source: &ProgramSource) -> bool {
    let asks = |text: &str| {
        let mut calls = text.match_indices("input(");
        calls.any(|(at, _)| {
            !text[..at].ends_with(|before: char| before.is_alphanumeric() || "_.".contains(before))
        })
    };
    let named =
        |text: String| text.contains("sys.stdin") || text.contains("import stdin") || asks(&text);
    source
        .files
        .iter()
        .any(|path| std::fs::read_to_string(path).is_ok_and(named))
}
