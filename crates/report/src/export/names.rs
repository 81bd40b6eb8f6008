//! What processes, threads, frames and waits are called in every export.

use crate::page::clean;
use rightlane_facts::{
    LockHolder, ProcessRecord, Recording, SampleFrame, SocketOperation, WaitCause, WaitDetail,
};

/// `COMMAND [PID]`: several workers may have the same command line.
pub(super) fn process(process: &ProcessRecord) -> String {
    match clean(&process.command) {
        command if command.is_empty() => format!("process [{}]", process.pid),
        command => format!("{command} [{}]", process.pid),
    }
}

/// `NAME [TID]` of thread number `index`.
pub(super) fn thread(process: &ProcessRecord, index: u32) -> String {
    let Some(thread) = process.threads.get(index as usize) else {
        return format!("thread number {index}");
    };
    let name = clean(&thread.name);
    let name = match &*name {
        "" if thread.main => "main thread",
        "" => "thread",
        name => name,
    };
    format!("{name} [{}]", thread.tid)
}

/// `FUNCTION (FILE:LINE)`.
pub(super) fn frame(frame: &SampleFrame) -> String {
    place(&frame.function, &frame.file, frame.line)
}

fn place(function: &str, file: &str, line: u32) -> String {
    let function = function_name(function);
    match (clean(file), line) {
        (file, _) if file.is_empty() => function,
        (file, 0) => format!("{function} ({file})"),
        (file, line) => format!("{function} ({file}:{line})"),
    }
}

/// A function's name; flame graphs cannot show an empty one.
pub(super) fn function_name(function: &str) -> String {
    match clean(function) {
        function if function.is_empty() => "?".to_owned(),
        function => function.into_owned(),
    }
}

/// `[CAUSE: DETAIL]`: the frame that stands for what the innermost function waits for.
pub(super) fn cause(recording: &Recording, cause: WaitCause, detail: Option<u32>) -> String {
    match recording.detail(detail).map(short_detail) {
        Some(detail) if !detail.is_empty() => format!("[{}: {detail}]", cause.words()),
        _ => format!("[{}]", cause.words()),
    }
}

/// Where a wait leads to. Receiving from a peer and sending to it are one place.
fn short_detail(detail: &WaitDetail) -> String {
    match detail {
        WaitDetail::Socket {
            operation: SocketOperation::Receive | SocketOperation::Send | SocketOperation::Poll,
            peer: Some(peer),
        } => clean(peer).into_owned(),
        _ => self::detail(detail),
    }
}

/// All that is known of a wait.
pub(super) fn detail(detail: &WaitDetail) -> String {
    match detail {
        WaitDetail::Socket { operation, peer } => match (operation.words(), peer) {
            (words, Some(peer)) => format!("{words} {}", clean(peer)),
            // Without the preposition that a peer would follow.
            (words, None) => words.split(' ').next().unwrap_or(words).to_owned(),
        },
        WaitDetail::Lock { lock, holder } => match holder {
            Some(holder) => format!("{} held by {}", lock.words(), held_by(holder)),
            None => lock.words().to_owned(),
        },
        WaitDetail::File { path } => clean(path).into_owned(),
        WaitDetail::Child { pid, command } => match clean(command) {
            command if command.is_empty() => format!("process {pid}"),
            command => command.into_owned(),
        },
    }
}

fn held_by(holder: &LockHolder) -> String {
    match &holder.function {
        Some(function) => place(
            function,
            holder.file.as_deref().unwrap_or_default(),
            holder.line,
        ),
        None => format!("thread {}", holder.thread),
    }
}
