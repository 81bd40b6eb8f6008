//! Recordings to export.

use rightlane_facts::{
    LockHolder, LockKind, Outcome, Process, ProcessRecord, RECORDING_VERSION, Recording,
    SampleFrame, SamplingStatus, SocketOperation, Stretch, ThreadRecord, Time, WaitCause,
    WaitDetail,
};

/// A recording that grows; times go to the process added last.
pub struct Builder {
    pub recording: Recording,
}

impl Builder {
    pub fn new() -> Self {
        Self {
            recording: Recording {
                recording: RECORDING_VERSION.to_owned(),
                program: "app.py".to_owned(),
                arguments: vec!["--fast".to_owned()],
                started: 1_750_000_000.25,
                wall_seconds: 2.5,
                outcome: Some(Outcome::Exited(0)),
                cut_short: false,
                processes: Vec::new(),
                frames: Vec::new(),
                stacks: vec![Vec::new()],
                details: Vec::new(),
                own_cpu: 0.01,
                doubts: vec!["one thread could not be seen".to_owned()],
            },
        }
    }

    pub fn process(&mut self, command: &str) -> &mut Self {
        let number = self.recording.processes.len() as u32;
        let python = rightlane_facts::PythonBuild {
            minor: 13,
            free_threaded: false,
            gil: true,
        };
        self.recording.processes.push(ProcessRecord {
            pid: 4711 + number * 100,
            parent: (number > 0).then_some(4711),
            command: command.to_owned(),
            python: Some(python),
            start: 0.0,
            end: 2.5,
            threads: Vec::new(),
            times: Vec::new(),
            timeline: Vec::new(),
            sizes: Process::default(),
            sampling: SamplingStatus {
                rate: 200.0,
                ..SamplingStatus::default()
            },
            import_seconds: 0.0,
            awaits: Vec::new(),
            stalls: Vec::new(),
            doubts: Vec::new(),
        });
        self
    }

    pub fn last(&mut self) -> &mut ProcessRecord {
        self.recording.processes.last_mut().expect("a process")
    }

    pub fn thread(&mut self, name: &str, main: bool) -> &mut Self {
        let process = self.last();
        let number = process.threads.len() as i32;
        process.threads.push(ThreadRecord {
            tid: process.pid as i32 + number,
            name: name.to_owned(),
            main,
            start: 0.0,
            end: 2.5,
        });
        self
    }

    pub fn frame(&mut self, file: &str, function: &str, line: u32) -> u32 {
        self.recording.frames.push(SampleFrame {
            file: file.into(),
            function: function.into(),
            line,
            span: None,
        });
        self.recording.frames.len() as u32 - 1
    }

    pub fn stack_of(&mut self, frames: &[u32]) -> u32 {
        self.recording.stacks.push(frames.to_vec());
        self.recording.stacks.len() as u32 - 1
    }

    pub fn detail(&mut self, detail: WaitDetail) -> Option<u32> {
        self.recording.details.push(detail);
        Some(self.recording.details.len() as u32 - 1)
    }

    /// Time in Python code, without a place in the timeline.
    pub fn time(&mut self, thread: u32, stack: u32, seconds: f64) {
        self.last().times.push(Time {
            thread,
            cause: WaitCause::PythonGil,
            stack,
            detail: None,
            seconds,
        });
    }

    /// What a thread did one after the other from `start` on, each for `seconds`, in the timeline
    /// and in the times.
    pub fn row(&mut self, thread: u32, start: f64, seconds: f64, row: &[Did]) {
        let process = self.last();
        for (index, (cause, stack, detail)) in row.iter().copied().enumerate() {
            process.timeline.push(Stretch {
                thread,
                start: start + index as f64 * seconds,
                seconds,
                cause,
                stack,
                detail,
            });
            let same = |time: &&mut Time| {
                (time.thread, time.cause, time.stack, time.detail) == (thread, cause, stack, detail)
            };
            match process.times.iter_mut().find(same) {
                Some(time) => time.seconds += seconds,
                None => process.times.push(Time {
                    thread,
                    cause,
                    stack,
                    detail,
                    seconds,
                }),
            }
        }
    }
}

/// What a thread did: its cause, stack and detail.
pub type Did = (WaitCause, u32, Option<u32>);

/// Seconds of all times.
pub fn total(recording: &Recording) -> f64 {
    let times = recording.processes.iter().flat_map(|one| &one.times);
    times
        .map(|time| time.seconds)
        .filter(|s| *s > 0.0 && s.is_finite())
        .sum()
}

/// Seconds of all timelines.
pub fn timeline_total(recording: &Recording) -> f64 {
    let stretches = recording.processes.iter().flat_map(|one| &one.timeline);
    stretches.map(|part| part.seconds).sum()
}

/// Every kind of recording there is, by name.
pub fn every_recording() -> Vec<(&'static str, Recording)> {
    vec![
        ("usual", usual()),
        ("empty", Builder::new().recording),
        ("idle", idle()),
        ("hostile", hostile()),
        ("truncated", truncated()),
        ("lost", lost()),
    ]
}

/// Two processes, three threads, details of every kind.
pub fn usual() -> Recording {
    use WaitCause::{Child, FileRead, GilWait, Kernel, Lock, NativeReleased, PythonGil, Socket};
    let mut builder = Builder::new();
    let main = builder.frame("/home/me/app.py", "<module>", 40);
    let fetch = builder.frame("/home/me/app.py", "Client.fetch", 12);
    let later = builder.frame("/home/me/app.py", "Client.fetch", 14);
    let library = builder.frame("/usr/lib/python3.13/socket.py", "create_connection", 849);
    let fetching = builder.stack_of(&[library, fetch, main]);
    let parsing = builder.stack_of(&[later, main]);
    let top = builder.stack_of(&[main]);
    let connect = builder.detail(WaitDetail::Socket {
        operation: SocketOperation::Connect,
        peer: Some("10.0.0.3:443".to_owned()),
    });
    let receive = builder.detail(WaitDetail::Socket {
        operation: SocketOperation::Receive,
        peer: Some("10.0.0.3:443".to_owned()),
    });
    let poll = builder.detail(WaitDetail::Socket {
        operation: SocketOperation::Poll,
        peer: None,
    });
    let lock = builder.detail(WaitDetail::Lock {
        lock: LockKind::Queue,
        holder: Some(LockHolder {
            thread: 4711,
            file: Some("/home/me/app.py".to_owned()),
            function: Some("put".to_owned()),
            line: 33,
        }),
    });
    let file = builder.detail(WaitDetail::File {
        path: "/data/größe.csv".to_owned(),
    });
    let child = builder.detail(WaitDetail::Child {
        pid: 4811,
        command: String::new(),
    });
    builder
        .process("python app.py")
        .thread("", true)
        .thread("loader", false);
    let row = [
        (PythonGil, top, None),
        (Socket, fetching, connect),
        (Socket, fetching, receive),
        (PythonGil, parsing, None),
        (GilWait, parsing, None),
        (Child, top, child),
    ];
    builder.row(0, 0.0, 0.1, &row);
    builder.row(0, 1.0, 1.0 / 3.0, &[(Kernel, top, None), (Socket, 0, poll)]);
    let row = [
        (FileRead, top, file),
        (PythonGil, parsing, None),
        (Lock, top, lock),
    ];
    builder.row(1, 0.05, 0.2, &row);
    builder.process("python worker.py").thread("", true);
    builder.row(0, 0.5, 0.7, &[(NativeReleased, parsing, None)]);
    builder.recording
}

/// A process without a thread, and a thread without any time.
fn idle() -> Recording {
    let mut builder = Builder::new();
    builder.process("");
    builder.process("python app.py").thread("", true);
    builder.recording
}

/// Names that want to break out of the form that they are in.
pub fn hostile() -> Recording {
    let mut builder = Builder::new();
    builder.recording.program = "app;\n\"]}.py\u{1b}[2J".to_owned();
    let names = [
        "a;b\nc 99",
        "\u{1b}]0;title\u{7}",
        "</text><script>alert(1)</script>",
        "\u{202e}gnp.py",
        "größe_日本語_🦀",
        "",
        "\"quoted\\\" {}[]",
        "[sleeping] 7",
    ];
    let frames: Vec<u32> = (0..)
        .zip(names)
        .map(|(line, name)| builder.frame(name, name, line))
        .collect();
    for name in names {
        let stack = builder.stack_of(&frames);
        let detail = builder.detail(WaitDetail::File {
            path: name.to_owned(),
        });
        builder.process(name).thread(name, false);
        builder.row(0, 0.0, 0.25, &[(WaitCause::FileWrite, stack, detail)]);
    }
    builder.recording
}

/// Many short times, of which the timeline holds the first tenth; another thread has no timeline.
pub fn truncated() -> Recording {
    let mut builder = Builder::new();
    let frames: Vec<u32> = (0..1000)
        .map(|line| builder.frame("app.py", "busy", line))
        .collect();
    builder
        .process("python app.py")
        .thread("", true)
        .thread("", false);
    for (index, frame) in frames.into_iter().enumerate() {
        let stack = builder.stack_of(&[frame]);
        // Less than half a microsecond each.
        let seconds = 0.000_000_4;
        if index < 100 {
            let start = index as f64 * seconds;
            builder.row(0, start, seconds, &[(WaitCause::PythonGil, stack, None)]);
        } else {
            builder.time(0, stack, seconds);
        }
    }
    builder.time(1, 1, 0.75);
    builder.recording
}

/// Indexes that lead nowhere and times that are none, as no file may have them.
pub fn lost() -> Recording {
    let mut builder = Builder::new();
    let frame = builder.frame("app.py", "main", 1);
    builder.recording.stacks.clear();
    let stack = builder.stack_of(&[frame, 77, u32::MAX]);
    builder.process("python app.py");
    let sleep = WaitCause::Sleep;
    builder.row(
        u32::MAX,
        0.0,
        0.5,
        &[(sleep, stack, Some(9)), (sleep, u32::MAX, None)],
    );
    builder.last().pid = u32::MAX;
    builder.thread("", true).last().threads[0].tid = i32::MIN;
    builder.row(0, f64::MAX, 0.125, &[(sleep, stack, None)]);
    for seconds in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
        builder.time(0, stack, seconds);
    }
    builder.recording.started = f64::NEG_INFINITY;
    builder.recording.wall_seconds = f64::NAN;
    builder.recording
}
