//! Views for tests, as an observed program would give them.

use rightlane_facts::{
    Ledger, LiveProcess, LiveThread, LiveView, LockHolder, LockKind, PythonBuild, SampleFrame,
    SocketOperation, WaitCause, WaitDetail,
};

const LIB: &str = "/usr/lib/python3.13";

/// A thread that spent its window of two seconds by `shares`; the last part is what it does now.
pub(super) fn thread(tid: i32, name: &str, shares: &[(WaitCause, f64)]) -> LiveThread {
    let mut ledger = Ledger::default();
    for (cause, share) in shares {
        ledger.add(*cause, share * 2.0);
    }
    LiveThread {
        tid,
        name: name.to_owned(),
        main: false,
        cause: shares.last().map_or(WaitCause::Unexplained, |part| part.0),
        detail: None,
        since: 1.5,
        ledger,
        frames: vec![frame("/app/work.py", "work", 10)],
    }
}

pub(super) fn frame(file: &str, function: &str, line: u32) -> SampleFrame {
    SampleFrame {
        file: file.into(),
        function: function.into(),
        line,
        span: None,
    }
}

pub(super) fn process(pid: u32, threads: Vec<LiveThread>) -> LiveProcess {
    LiveProcess {
        pid,
        parent: None,
        command: "python app.py".to_owned(),
        python: Some(PythonBuild {
            minor: 13,
            free_threaded: false,
            gil: true,
        }),
        ended: false,
        cpu: 0.97,
        memory: 41_200_000,
        threads,
        rate: 99.6,
        refused: None,
    }
}

pub(super) fn view(processes: Vec<LiveProcess>) -> LiveView {
    LiveView {
        at: 12.5,
        window: 2.0,
        processes,
        own_cpu: 0.013,
    }
}

/// One thread of every kind that reads differently.
pub(super) fn shop() -> LiveView {
    use WaitCause::{CpuWait, GilWait, Lock, NativeGil, PythonGil, Sleep, Socket};
    let main = LiveThread {
        main: true,
        frames: vec![
            frame(&format!("{LIB}/threading.py"), "Thread.join", 1092),
            frame("/app/main.py", "main", 88),
        ],
        detail: Some(WaitDetail::Lock {
            lock: LockKind::Join,
            holder: Some(holder(101, None)),
        }),
        ..thread(100, "", &[(PythonGil, 0.02), (Lock, 0.98)])
    };
    let fetcher = LiveThread {
        detail: Some(WaitDetail::Socket {
            operation: SocketOperation::Receive,
            peer: Some("10.0.0.17:5432".to_owned()),
        }),
        frames: vec![
            frame(&format!("{LIB}/socket.py"), "SocketIO.readinto", 719),
            frame("/app/db.py", "Connection.query", 203),
        ],
        ..thread(103, "fetcher", &[(PythonGil, 0.01), (Socket, 0.99)])
    };
    let reader = LiveThread {
        detail: Some(WaitDetail::Lock {
            lock: LockKind::RLock,
            holder: Some(holder(102, Some("/app/cache.py"))),
        }),
        since: 125.0,
        ..thread(104, "処理\x1b[2J\u{202e}スレッド", &[(Lock, 1.0)])
    };
    view(vec![process(
        100,
        vec![
            main,
            thread(101, "worker_0", &[(GilWait, 0.3), (PythonGil, 0.7)]),
            thread(
                102,
                "worker_1",
                &[(NativeGil, 0.2), (CpuWait, 0.1), (GilWait, 0.7)],
            ),
            fetcher,
            reader,
            thread(105, "", &[(Sleep, 1.0)]),
        ],
    )])
}

fn holder(thread: i32, file: Option<&str>) -> LockHolder {
    LockHolder {
        thread,
        file: file.map(str::to_owned),
        function: None,
        line: 31,
    }
}
