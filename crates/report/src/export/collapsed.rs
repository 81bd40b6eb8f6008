//! Collapsed stacks: `process;thread;outermost;…;innermost;[cause] MICROSECONDS`, one line each.

use super::room::Room;
use super::{ExportError, names, parts};
use rightlane_facts::Recording;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// `recording` as collapsed stacks, in the order of their text.
pub(super) fn collapsed(recording: &Recording) -> Result<Vec<u8>, ExportError> {
    Ok(counted(&lines(recording)?).into_bytes())
}

/// The stacks with their seconds. Times that differ only in what a line does not show are one.
fn lines(recording: &Recording) -> Result<BTreeMap<String, f64>, ExportError> {
    let frames: Vec<String> = recording
        .frames
        .iter()
        .map(|frame| one_frame(&names::frame(frame)))
        .collect();
    let mut room = Room::new();
    let mut lines = BTreeMap::new();
    for process in &recording.processes {
        let name = one_frame(&names::process(process));
        for (thread, parts) in parts::times(process) {
            let root = format!("{name};{}", one_frame(&names::thread(process, thread)));
            for part in parts {
                let stack = recording.stacks.get(part.stack as usize);
                // Innermost first there, outermost first here.
                let stack = stack.into_iter().flatten().rev();
                let stack = stack.filter_map(|frame| frames.get(*frame as usize));
                let cause = one_frame(&names::cause(recording, part.cause, part.detail));
                let all = std::iter::once(&root).chain(stack).chain([&cause]);
                *lines.entry(joined(all, &mut room)?).or_insert(0.0) += part.seconds;
            }
        }
    }
    Ok(lines)
}

/// `frames` with semicolons between, if there is room for them.
fn joined<'a>(
    frames: impl Iterator<Item = &'a String> + Clone,
    room: &mut Room,
) -> Result<String, ExportError> {
    for frame in frames.clone() {
        room.take(frame.len() + 1)?;
    }
    let frames: Vec<&str> = frames.map(String::as_str).collect();
    Ok(frames.join(";"))
}

/// A name without the character that separates frames; line ends are gone already.
fn one_frame(name: &str) -> String {
    name.replace(';', ":")
}

/// The lines with whole microseconds. What rounding takes from one line it gives to the next, so
/// that many short times do not vanish and the total stays what it is.
fn counted(lines: &BTreeMap<String, f64>) -> String {
    let mut text = String::new();
    let (mut exact, mut shown) = (0.0, 0_u64);
    for (stack, seconds) in lines {
        exact += seconds * 1e6;
        // The cast keeps what is too large at the largest.
        let count = (exact.round() as u64).saturating_sub(shown);
        shown = shown.saturating_add(count);
        if count > 0 {
            // Writing into a `String` cannot fail.
            let _ = writeln!(text, "{stack} {count}");
        }
    }
    text
}
