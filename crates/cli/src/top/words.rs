//! What threads do and wait for, in few words.

use super::text::{clean, width};
use rightlane_facts::{
    LiveThread, LockHolder, LockKind, SampleFrame, SocketOperation, WaitCause, WaitDetail,
    is_library,
};
use std::collections::HashMap;

/// The same thing said at length, then shorter and shorter, for columns that are narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said(Vec<String>);

impl Said {
    /// Says it from text of the observed program.
    pub(super) fn new<const N: usize>(ways: [&str; N]) -> Self {
        Self(ways.into_iter().map(clean).collect())
    }

    /// At length.
    pub(super) fn long(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The first way that fits into `columns`, else the shortest.
    pub(super) fn within(&self, columns: usize) -> &str {
        let mut ways = self.0.iter();
        let fitting = ways.find(|way| width(way) <= columns);
        fitting.or(self.0.last()).map_or("", String::as_str)
    }
}

/// A cause as the STATE column has it.
pub(super) fn state(cause: WaitCause) -> &'static str {
    match cause {
        WaitCause::PythonGil => "python",
        WaitCause::NativeGil => "native",
        WaitCause::NativeReleased => "released",
        WaitCause::Kernel => "kernel",
        WaitCause::CpuWait => "cpu queue",
        WaitCause::GilWait => "GIL",
        WaitCause::Socket => "socket",
        WaitCause::NameLookup => "dns",
        WaitCause::FileRead => "read",
        WaitCause::FileWrite => "write",
        WaitCause::Child => "child",
        WaitCause::Pipe => "pipe",
        WaitCause::Lock => "lock",
        WaitCause::Sleep => "sleep",
        WaitCause::LoopIdle => "idle",
        WaitCause::Unexplained => "?",
    }
}

/// A time that goes on, in at most five columns: `0.3s`, `42s`, `12m05`, `3h07`, `2d04`.
pub(super) fn age(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{:.1}s", seconds.max(0.0));
    }
    // `as` ends at the largest integer, which is what a broken figure deserves.
    let whole = seconds.round() as u64;
    let parts = |large: u64, unit: char, small: u64| format!("{large}{unit}{small:02}");
    match whole {
        0..100 => format!("{whole}s"),
        100..3600 => parts(whole / 60, 'm', whole % 60),
        3600..86400 => parts(whole / 3600, 'h', whole / 60 % 60),
        86400..8_640_000 => parts(whole / 86400, 'd', whole / 3600 % 24),
        _ => format!("{}d", (whole / 86400).min(9999)),
    }
}

/// A thread's name as people see it.
pub(super) fn name(thread: &LiveThread) -> String {
    match (thread.name.is_empty(), thread.main) {
        (false, _) => clean(&thread.name),
        (true, true) => "MainThread".to_owned(),
        (true, false) => "-".to_owned(),
    }
}

/// What a thread waits for, where more is known than its cause. `names` are those of the threads
/// of the same process; `gil` says who holds the GIL of the process most.
pub(super) fn waits(thread: &LiveThread, names: &HashMap<i32, String>, gil: Option<&str>) -> Said {
    let Some(detail) = &thread.detail else {
        return match (thread.cause, gil) {
            (WaitCause::GilWait, Some(holder)) => {
                Said::new([&format!("held mostly by {holder}"), holder])
            }
            _ => Said::default(),
        };
    };
    match detail {
        WaitDetail::Socket { operation, peer } => socket(*operation, peer.as_deref()),
        WaitDetail::Lock { lock, holder: None } => Said::new([lock.words(), plain(*lock)]),
        WaitDetail::Lock {
            lock,
            holder: Some(holder),
        } => held(*lock, holder, names),
        WaitDetail::File { path } => Said::new([path.as_str(), base(path)]),
        WaitDetail::Child { pid: 0, .. } => Said::new(["any child process", "any child"]),
        WaitDetail::Child { pid, command } if command.is_empty() => {
            Said::new([&format!("process {pid}"), &pid.to_string()])
        }
        WaitDetail::Child { pid, command } => Said::new([&format!("{pid} {command}")]),
    }
}

fn held(lock: LockKind, holder: &LockHolder, names: &HashMap<i32, String>) -> Said {
    let who = match names.get(&holder.thread) {
        Some(name) => name.clone(),
        None => format!("thread {}", holder.thread),
    };
    // Whoever joins a thread waits for it, not for what it holds.
    if lock == LockKind::Join {
        return Said::new([&format!("the end of {who}"), &format!("end of {who}")]);
    }
    let spot = holder.file.as_deref().map(|file| spot(file, holder.line));
    let since = spot
        .as_deref()
        .map_or(String::new(), |spot| format!(" since {spot}"));
    let at = spot.map_or(String::new(), |spot| format!(" {spot}"));
    let kind = plain(lock);
    Said::new([
        &format!("{}, held by {who}{since}", lock.words()),
        &format!("{kind}, held by {who}{at}"),
        &format!("{kind}: {who}{at}"),
        &format!("{kind}: {who}"),
        &who,
    ])
}

fn socket(operation: SocketOperation, peer: Option<&str>) -> Said {
    let words = operation.words();
    match (operation, peer) {
        (SocketOperation::Poll, None) => Said::new(["any of several", "several"]),
        (_, Some(peer)) => Said::new([&format!("{words} {peer}"), peer]),
        (_, None) => Said::new([words.split(' ').next().unwrap_or_default()]),
    }
}

/// `a Lock` without its article.
fn plain(lock: LockKind) -> &'static str {
    let words = lock.words();
    words.split_once(' ').map_or(words, |(_, bare)| bare)
}

/// A frame in one line: `worker.py:42 Worker.fetch`, `worker.py:42 fetch`, `fetch:42`.
pub(super) fn place(frame: &SampleFrame) -> Said {
    let function = &frame.function;
    let short = function.rsplit('.').next().unwrap_or(function);
    let spot = spot(&frame.file, frame.line);
    let line = match frame.line {
        0 => String::new(),
        line => format!(":{line}"),
    };
    Said::new([
        &format!("{spot} {function}"),
        &format!("{spot} {short}"),
        &format!("{short}{line}"),
    ])
}

/// `worker.py:42`; the folder too, where the name alone says nothing.
fn spot(file: &str, line: u32) -> String {
    let name = base(file);
    let shown = match name {
        "__init__.py" | "__main__.py" => {
            let folder = file.strip_suffix(name).unwrap_or_default();
            format!("{}/{name}", base(folder.trim_end_matches('/')))
        }
        _ => name.to_owned(),
    };
    if line == 0 {
        shown
    } else {
        format!("{shown}:{line}")
    }
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Where a thread is: the innermost frame of the program's own code, else the innermost one.
pub(super) fn whereabouts(frames: &[SampleFrame]) -> Said {
    let frame = frames.iter().find(|frame| !is_library(&frame.file));
    frame.or(frames.first()).map(place).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(file: &str, function: &str, line: u32) -> SampleFrame {
        SampleFrame {
            file: file.into(),
            function: function.into(),
            line,
            span: None,
        }
    }

    #[test]
    fn a_thread_is_where_the_programs_own_code_called_the_library() {
        let frames = [
            frame("/usr/lib/python3.13/socket.py", "SocketIO.readinto", 719),
            frame(
                "/v/lib/python3.13/site-packages/urllib3/response.py",
                "read",
                2,
            ),
            frame("<frozen importlib._bootstrap>", "_find", 1),
            frame("/home/me/app/client.py", "Client.fetch", 42),
            frame("/home/me/app/main.py", "main", 7),
        ];
        let place = whereabouts(&frames);
        assert_eq!(place.long(), "client.py:42 Client.fetch");
        assert_eq!(place.within(20), "client.py:42 fetch");
        assert_eq!(
            whereabouts(&frames[..2]).within(24),
            "socket.py:719 readinto"
        );
        assert_eq!(whereabouts(&[]), Said::default());
    }

    #[test]
    fn a_package_is_named_where_its_file_has_no_name_of_its_own() {
        assert_eq!(spot("/app/jobs/__init__.py", 3), "jobs/__init__.py:3");
        assert_eq!(spot("<string>", 0), "<string>");
    }

    #[test]
    fn ages_take_five_columns_at_most() {
        let ages = [
            0.04,
            9.9,
            42.4,
            125.0,
            3600.0,
            11_220.0,
            187_200.0,
            1e7,
            f64::MAX,
        ];
        assert_eq!(
            ages.map(age),
            [
                "0.0s", "9.9s", "42s", "2m05", "1h00", "3h07", "2d04", "115d", "9999d"
            ]
        );
    }
}
