//! From a recording to its report: ledgers by thread, function and line.

mod lines;

use rightlane_facts::{
    AwaitReport, FrameReport, FunctionLedger, LEDGER_SCHEMA_VERSION, Ledger, LedgerReport,
    ProcessLedger, ProcessRecord, Recording, SampleFrame, StallReport, ThreadLedger, WaitDetail,
    Waited,
};
use std::collections::{HashMap, HashSet};

/// Functions kept of one process, and details of one thread or line: a report is for reading, the
/// recording has all of them.
const MOST_FUNCTIONS: usize = 200;
const MOST_DETAILS: usize = 20;

/// What the recording says, put together for reading.
#[must_use]
pub fn summarise(recording: &Recording) -> LedgerReport {
    let processes: Vec<ProcessLedger> = recording
        .processes
        .iter()
        .map(|record| process(recording, record))
        .collect();
    let mut ledger = processes
        .first()
        .map_or_else(Ledger::default, |process| process.ledger);
    fill(&mut ledger, recording.wall_seconds);
    LedgerReport {
        schema: LEDGER_SCHEMA_VERSION.to_owned(),
        program: recording.program.clone(),
        arguments: recording.arguments.clone(),
        started: recording.started,
        wall_seconds: recording.wall_seconds,
        outcome: recording.outcome,
        cut_short: recording.cut_short,
        ledger,
        processes,
        lines: lines::lines(recording),
        own_cpu: recording.own_cpu,
        doubts: recording.doubts.clone(),
    }
}

/// What the threads of the program's own process waited for, all together, most first.
pub(crate) fn waits(recording: &Recording) -> Vec<Waited> {
    let mut details = Details::default();
    let times = recording.processes.first().map(|process| &process.times);
    for time in times.into_iter().flatten() {
        details.add(time);
    }
    details.waited(recording)
}

/// What stalled the event loops of the program's own process.
pub(crate) fn stalls_of_program(recording: &Recording) -> Vec<StallReport> {
    let program = recording.processes.first();
    program.map_or_else(Vec::new, |record| stalls(recording, record))
}

/// What no sample covers of `wall` seconds is unexplained.
fn fill(ledger: &mut Ledger, wall: f64) {
    ledger.unexplained += (wall - ledger.total()).max(0.0);
}

fn process(recording: &Recording, record: &ProcessRecord) -> ProcessLedger {
    let wall_seconds = record.end - record.start;
    let mut threads = threads(recording, record);
    let main = threads.iter().find(|thread| thread.main);
    let mut ledger = main.map_or_else(Ledger::default, |main| main.ledger);
    fill(&mut ledger, wall_seconds);
    let held: f64 = threads.iter().map(|thread| thread.ledger.gil_cpu()).sum();
    let has_gil = record.python.is_some_and(|python| python.gil);
    let gil_share = (has_gil && wall_seconds > 0.0).then(|| (held / wall_seconds).min(1.0));
    threads.sort_by_key(|thread| !thread.main);
    ProcessLedger {
        pid: record.pid,
        parent: record.parent,
        command: record.command.clone(),
        python: record.python,
        start: record.start,
        end: record.end,
        wall_seconds,
        ledger,
        cpu_seconds: record.sizes.cpu_seconds,
        native_thread_cpu: record.sizes.native_thread_cpu,
        child_cpu: record.sizes.child_cpu,
        peak_memory: record.sizes.peak_memory,
        peak_threads: record.sizes.peak_threads,
        peak_sockets: record.sizes.peak_sockets,
        gil_share,
        threads,
        functions: functions(recording, record),
        stalls: stalls(recording, record),
        awaits: awaits(recording, record),
        sampling: record.sampling.clone(),
        doubts: record.doubts.clone(),
    }
}

fn threads(recording: &Recording, record: &ProcessRecord) -> Vec<ThreadLedger> {
    let mut ledgers = vec![(Ledger::default(), Details::default()); record.threads.len()];
    for time in &record.times {
        let Some((ledger, details)) = ledgers.get_mut(time.thread as usize) else {
            continue;
        };
        ledger.add(time.cause, time.seconds);
        details.add(time);
    }
    let with = record.threads.iter().zip(ledgers);
    with.map(|(thread, (ledger, details))| ThreadLedger {
        tid: thread.tid,
        name: thread.name.clone(),
        main: thread.main,
        start: thread.start,
        end: thread.end,
        wall_seconds: thread.end - thread.start,
        ledger,
        details: details.waited(recording),
    })
    .collect()
}

/// Seconds by cause and detail.
#[derive(Clone, Default)]
struct Details(HashMap<(rightlane_facts::WaitCause, u32), f64>);

impl Details {
    fn add(&mut self, time: &rightlane_facts::Time) {
        if let Some(detail) = time.detail {
            *self.0.entry((time.cause, detail)).or_default() += time.seconds;
        }
    }

    fn waited(self, recording: &Recording) -> Vec<Waited> {
        let mut all: Vec<Waited> = self
            .0
            .into_iter()
            .filter_map(|((cause, detail), seconds)| {
                let detail: WaitDetail = recording.detail(Some(detail))?.clone();
                Some(Waited {
                    cause,
                    seconds,
                    detail,
                })
            })
            .collect();
        all.sort_by(|a, b| {
            let order = b.seconds.total_cmp(&a.seconds);
            order.then_with(|| a.detail.words().cmp(&b.detail.words()))
        });
        all.truncate(MOST_DETAILS);
        all
    }
}

/// The time with each function on the stack, each thread apart; recursion counts once.
fn functions(recording: &Recording, record: &ProcessRecord) -> Vec<FunctionLedger> {
    type Key<'a> = (u32, &'a str, &'a str);
    let mut ledgers: HashMap<Key<'_>, Ledger> = HashMap::new();
    for time in &record.times {
        let mut met: HashSet<Key<'_>> = HashSet::new();
        for frame in recording.stack(time.stack) {
            let key = (time.thread, &*frame.file, &*frame.function);
            if met.insert(key) {
                ledgers
                    .entry(key)
                    .or_default()
                    .add(time.cause, time.seconds);
            }
        }
    }
    let mut all: Vec<FunctionLedger> = ledgers
        .into_iter()
        .map(|((thread, file, function), ledger)| FunctionLedger {
            thread: record
                .threads
                .get(thread as usize)
                .map_or(0, |thread| thread.tid),
            file: file.to_owned(),
            function: function.to_owned(),
            seconds: ledger.total(),
            ledger,
        })
        .collect();
    all.sort_by(|a, b| {
        let order = b.seconds.total_cmp(&a.seconds);
        order.then_with(|| (a.thread, &a.file, &a.function).cmp(&(b.thread, &b.file, &b.function)))
    });
    all.truncate(MOST_FUNCTIONS);
    all
}

fn stalls(recording: &Recording, record: &ProcessRecord) -> Vec<StallReport> {
    let report = |stall: &rightlane_facts::Stall| {
        let frame = lines::shown(recording, stall.stack)?;
        Some(StallReport {
            thread: record
                .threads
                .get(stall.thread as usize)
                .map_or(0, |thread| thread.tid),
            file: frame.file.to_string(),
            line: frame.line,
            function: frame.function.to_string(),
            cause: stall.cause,
            count: stall.count,
            longest: stall.longest,
            seconds: stall.seconds,
        })
    };
    let mut stalls: Vec<StallReport> = record.stalls.iter().filter_map(report).collect();
    stalls.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    stalls
}

fn awaits(recording: &Recording, record: &ProcessRecord) -> Vec<AwaitReport> {
    let report = |awaited: &rightlane_facts::Await| AwaitReport {
        frames: recording.stack(awaited.stack).map(frame).collect(),
        awaits: awaited.awaits.clone(),
        names: awaited.names.clone(),
        tasks: awaited.tasks,
        most: awaited.most,
    };
    let mut awaits: Vec<AwaitReport> = record.awaits.iter().map(report).collect();
    awaits.sort_by(|a, b| b.tasks.total_cmp(&a.tasks));
    awaits
}

fn frame(frame: &SampleFrame) -> FrameReport {
    FrameReport {
        file: frame.file.to_string(),
        function: frame.function.to_string(),
        line: frame.line,
    }
}
