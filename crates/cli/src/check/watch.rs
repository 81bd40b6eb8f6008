//! `--watch`: checks again whenever a file changes.

use crate::failure::Failure;
use crate::terminal::{self, Stream};
use notify_debouncer_mini::notify::RecursiveMode;
use notify_debouncer_mini::{DebounceEventResult, new_debouncer};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// An editor writes a file in several steps; they are one change.
const TOGETHER: Duration = Duration::from_millis(100);

/// Runs `round` now and after every change under `paths`, until the process is ended.
pub(super) fn watch(
    paths: &[PathBuf],
    mut round: impl FnMut() -> Result<(), Failure>,
) -> Result<i32, Failure> {
    let (sender, changes) = mpsc::channel();
    let cannot = |error: notify_debouncer_mini::notify::Error| {
        Failure::not_here(format!("files cannot be watched here: {error}"))
            .instead("without --watch it checks once")
    };
    let tell = move |events: DebounceEventResult| {
        let matters = events.is_ok_and(|events| events.iter().any(|event| matters(&event.path)));
        if matters {
            // Nobody listens only when we are about to end.
            let _ = sender.send(());
        }
    };
    let mut debouncer = new_debouncer(TOGETHER, tell).map_err(cannot)?;
    for path in paths {
        let watched = debouncer.watcher().watch(path, RecursiveMode::Recursive);
        watched.map_err(cannot)?;
    }
    loop {
        clear();
        // Settings that cannot be read may be mended by the next change.
        if let Err(failure) = round() {
            terminal::say(&failure.to_string());
        }
        terminal::say("Watching for changes; Ctrl-C ends.");
        if changes.recv().is_err() {
            return Err(Failure::not_here("files are no longer watched"));
        }
        while changes.try_recv().is_ok() {}
    }
}

fn matters(path: &Path) -> bool {
    let extension = path.extension().and_then(std::ffi::OsStr::to_str);
    matches!(extension, Some("py" | "pyw" | "ipynb" | "toml"))
}

/// Clears the terminal, if it is one.
fn clear() {
    if terminal::is_terminal(Stream::Out) && !terminal::is_dumb() {
        terminal::write(Stream::Out, "\x1b[2J\x1b[H");
    }
}
