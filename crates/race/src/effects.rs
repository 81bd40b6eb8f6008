//! What a run did to the world, as the guard reports it.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

/// Something that a program does beyond computing. Paths are from the root where they are below it.
/// Texts come from the program: they are shortened and cleaned of control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// A file (or folder) written, created or changed in the tree; it happened in a copy.
    Written(PathBuf),
    /// A file (or folder) deleted or renamed in the tree; it happened in a copy.
    Deleted(PathBuf),
    /// A database file opened.
    Database(String),
    /// A command started.
    Command(String),
    /// A server of the program's own.
    Server(String),
    /// So many temporary files.
    TemporaryFiles(usize),
    /// Something sent to another machine, or to a server that was there before the run.
    Connects(String),
    /// A file written elsewhere.
    WrittenOutside(PathBuf),
    /// A file deleted elsewhere.
    DeletedOutside(PathBuf),
    /// A signal to a process that is not the program's own.
    Signals(String),
}

impl Display for Effect {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(path) => write!(f, "writes {}", path.display()),
            Self::Deleted(path) => write!(f, "deletes {}", path.display()),
            Self::Database(name) => write!(f, "opens the database {name}"),
            Self::Command(line) => write!(f, "runs `{line}`"),
            Self::Server(address) => write!(f, "listens on {address}"),
            Self::TemporaryFiles(1) => f.write_str("writes 1 temporary file"),
            Self::TemporaryFiles(count) => write!(f, "writes {count} temporary files"),
            Self::Connects(peer) => write!(f, "connects to {peer}"),
            Self::WrittenOutside(path) => write!(f, "writes {}", path.display()),
            Self::DeletedOutside(path) => write!(f, "deletes {}", path.display()),
            Self::Signals(what) => write!(f, "sends signal {what}"),
        }
    }
}

/// What the guard reported of one run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What was permitted, sorted, each once.
    pub(crate) seen: Vec<Effect>,
    /// What the program was stopped for.
    pub(crate) stopped: Option<Stop>,
}

/// Why the guard ended the program.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// It wanted to write in the tree: it has to run in a copy.
    NeedsCopy(String),
    /// An effect that is refused.
    Refused(Effect),
}

/// The most that is read of a report; the guard writes each effect once and not more than 10,000.
pub(crate) const REPORT_BYTES: u64 = 16 << 20;

impl Report {
    /// Reads what the guard wrote. The program could have written there too: nothing is trusted.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut report = Self::default();
        let mut temporary = Vec::new();
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            let mut fields = line.splitn(3, '\t');
            let (Some(verb), Some(kind), Some(detail)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let detail = clean(detail, 300);
            match (verb, kind) {
                ("seen", "temporary") => temporary.push(detail),
                ("stop", "copy") => {
                    report.stopped.get_or_insert(Stop::NeedsCopy(detail));
                }
                ("seen", _) => report.seen.extend(effect(kind, detail)),
                ("stop", _) => {
                    if let Some(effect) = effect(kind, detail) {
                        report.stopped.get_or_insert(Stop::Refused(effect));
                    }
                }
                _ => {}
            }
        }
        temporary.sort();
        temporary.dedup();
        if !temporary.is_empty() {
            report.seen.push(Effect::TemporaryFiles(temporary.len()));
        }
        report.seen.sort();
        report.seen.dedup();
        report
    }
}

fn effect(kind: &str, detail: String) -> Option<Effect> {
    Some(match kind {
        "write" => Effect::Written(detail.into()),
        "delete" => Effect::Deleted(detail.into()),
        "database" => Effect::Database(detail),
        "command" => Effect::Command(detail),
        "server" => Effect::Server(detail),
        "connect" => Effect::Connects(detail),
        "outside-write" => Effect::WrittenOutside(detail.into()),
        "outside-delete" => Effect::DeletedOutside(detail.into()),
        "signal" => Effect::Signals(detail),
        _ => return None,
    })
}

/// A text of the program's, shortened to `most` characters, with control characters shown as such.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let mut cleaned = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == most {
            cleaned.push('…');
            break;
        }
        if character.is_control() {
            cleaned.extend(character.escape_default());
        } else {
            cleaned.push(character);
        }
    }
    cleaned
}
