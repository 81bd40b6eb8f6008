//! What our own terminal is and can do. Everything that is written goes through here, except for
//! the screen of `top`.

use crate::args::ColorWhen;
use rightlane_report::Look;
use std::io::{self, IsTerminal, Write};

/// Where to write, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// The look of texts on `stream`.
pub(crate) fn look(stream: Stream, when: ColorWhen) -> Look {
    Look::new(columns(stream), is_colored(stream, when))
}

/// The look of texts in files.
pub(crate) fn file_look(when: ColorWhen) -> Look {
    Look::new(80, when == ColorWhen::Always)
}

/// Whether `stream` is a terminal.
pub(crate) fn is_terminal(stream: Stream) -> bool {
    match stream {
        Stream::Out => io::stdout().is_terminal(),
        Stream::Err => io::stderr().is_terminal(),
    }
}

/// Writes `text`. A reader that went away is no error: there is nobody left to tell.
pub(crate) fn write(stream: Stream, text: &str) {
    write_bytes(stream, text.as_bytes());
}

/// Writes what need not be text.
pub(crate) fn write_bytes(stream: Stream, bytes: &[u8]) {
    let written = match stream {
        Stream::Out => {
            let mut out = io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush())
        }
        Stream::Err => io::stderr().lock().write_all(bytes),
    };
    // Neither is any other failure: it could only be reported where it happened.
    drop(written);
}

/// One line of ours on stderr.
pub(crate) fn say(text: &str) {
    write(Stream::Err, &format!("{text}\n"));
}

/// Whether what is written to `stream` is to be coloured.
pub(crate) fn is_colored(stream: Stream, when: ColorWhen) -> bool {
    color(is_terminal(stream), when)
}

/// Whether the terminal can do nothing but write one line after another.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

fn color(terminal: bool, when: ColorWhen) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            terminal && !set("NO_COLOR") && !is_dumb()
        }
    }
}

/// How wide `stream` is.
pub(crate) fn columns(stream: Stream) -> usize {
    let size = match stream {
        Stream::Out => terminal_size::terminal_size_of(io::stdout()),
        Stream::Err => terminal_size::terminal_size_of(io::stderr()),
    };
    size.map(|(width, _)| usize::from(width.0))
        .filter(|width| *width > 0)
        .unwrap_or(80)
}
