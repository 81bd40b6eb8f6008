//! The procedure on loops whose facts are given: what was read and observed in, the verdict out.
//!
//! The machine is a measured one (two cores, CPython 3.13 with the GIL); every loop takes about
//! four seconds.

use rightlane_advise::guide::Need;
use rightlane_advise::{Input, Told, advise};
use rightlane_facts::{
    AdviceReport, Answer, CallRecord, CallSpot, Carrier, Crossing, Decided, Family, Independence,
    Iterable, IterationRecord, Ledger, LockHolder, LockKind, Machine, Observation, Outcome,
    PickleFacts, Place, Process, ProgramSource, ResultUse, SamplingStatus, Site, SiteKind,
    SiteLedger, SocketOperation, SocketUse, Span, StallReport, WaitCause, WaitDetail, Waited,
};

const WALL: f64 = 4.0;

fn machine() -> Machine {
    let text = include_str!("../../simulate/tests/data/machine_3.13.json");
    serde_json::from_str(text).unwrap()
}

/// `for item in items: results.append(work(item))`, of which everything that counts can be set.
struct Loop {
    tasks: u64,
    /// Where a second goes, as parts of 1.
    ledger: Ledger,
    independence: Independence,
    sockets: SocketUse,
    /// The part of it that the sockets' library needs.
    client: Ledger,
    told: Told,
}

impl Loop {
    fn of(tasks: u64, ledger: Ledger) -> Self {
        Self {
            tasks,
            ledger,
            independence: Independence {
                answer: Answer::Yes,
                carriers: Vec::new(),
            },
            sockets: SocketUse::default(),
            client: Ledger::default(),
            told: Told::default(),
        }
    }

    /// Which waits for a server, through a library that has a twin in asyncio.
    fn asking(mut self) -> Self {
        self.sockets = SocketUse {
            library: Some("socket".to_owned()),
            shared: None,
            async_twin: Some("asyncio streams".to_owned()),
        };
        self
    }

    /// Through `requests`, which needs most of the CPU.
    fn requesting(mut self) -> Self {
        self.sockets = SocketUse {
            library: Some("requests".to_owned()),
            shared: None,
            async_twin: Some("aiohttp".to_owned()),
        };
        self.client = Ledger {
            python_gil: 0.9 * self.ledger.python_gil,
            ..Ledger::default()
        };
        self
    }

    fn site(&self) -> Site {
        let crossing = Crossing {
            importable: Answer::Yes,
            ..Crossing::default()
        };
        Site {
            id: 0,
            kind: SiteKind::For,
            file: "program.py".to_owned(),
            path: "/program.py".to_owned(),
            span: span(10, 0, 11, 34),
            function: "main".to_owned(),
            function_line: 8,
            parent: None,
            in_async: false,
            iterable: Some(Iterable {
                span: span(10, 12, 10, 17),
                text: "items".to_owned(),
                lazy: false,
            }),
            calls: vec![CallSpot {
                span: span(11, 23, 11, 33),
                name: "work".to_owned(),
                text: "work(item)".to_owned(),
                arguments: vec!["item".to_owned()],
                target: None,
                external: None,
                awaited: false,
                uses_target: true,
                independence: self.independence.clone(),
                effects: Vec::new(),
                crossing: crossing.clone(),
                result: ResultUse::Appended("results".to_owned()),
                sockets: self.sockets.clone(),
                blocks: Decided::default(),
                releases_gil: Decided::default(),
            }],
            callee: Some(0),
            independence: self.independence.clone(),
            effects: Vec::new(),
            crossing,
            early_exit: None,
            text: None,
            members: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    fn observation(&self, machine: &Machine) -> Observation {
        let ledger = self.ledger.scaled(WALL / self.ledger.total());
        let each = WALL / self.tasks as f64;
        let cpu = (ledger.gil_cpu() + ledger.free_cpu()) / self.tasks as f64;
        let samples = usize::try_from(self.tasks.min(1000)).unwrap();
        Observation {
            python: machine.python.clone(),
            wall_seconds: WALL,
            outcome: Outcome::Exited(0),
            cut_short: false,
            import_seconds: 0.05,
            ledger,
            other_threads: Ledger::default(),
            site_ledgers: vec![SiteLedger {
                site: 0,
                ledger,
                repeated: 0.0,
                around: Vec::new(),
                calls: vec![ledger],
                client: self.client.scaled(WALL / self.ledger.total()),
            }],
            iterations: vec![IterationRecord {
                site: 0,
                entered: 1,
                iterations: self.tasks,
                exact: true,
                wall_seconds: WALL,
                wall_estimated: false,
                samples: vec![(each, cpu); samples],
            }],
            calls: vec![CallRecord {
                site: 0,
                call: 0,
                samples: vec![(each, cpu); 20],
                arguments: small(),
                result: small(),
                callee: small(),
            }],
            process: Process {
                peak_memory: 20 << 20,
                ..Process::default()
            },
            waits: Vec::new(),
            stalls: Vec::new(),
            sampling: SamplingStatus {
                rate: 100.0,
                rounds: 400,
                samples: 400,
                ..SamplingStatus::default()
            },
            doubts: Vec::new(),
        }
    }

    fn advice(&self) -> AdviceReport {
        self.advice_on(vec![self.site()], &self.observation(&machine()))
    }

    fn advice_on(&self, sites: Vec<Site>, observation: &Observation) -> AdviceReport {
        let source = ProgramSource {
            files: vec!["/program.py".to_owned()],
            sites,
            main_guard: true,
            ..ProgramSource::default()
        };
        advise(&Input {
            program: "program.py".to_owned(),
            arguments: Vec::new(),
            source: &source,
            observation,
            machine: &machine(),
            told: &self.told,
            raced: None,
            seed: 1,
        })
    }

    #[track_caller]
    fn gets(&self, family: Family) -> AdviceReport {
        let report = self.advice();
        let rows: Vec<String> = report
            .verdict
            .alternatives
            .iter()
            .map(|other| {
                let (api, seconds) = (other.api.name(), other.predicted_seconds);
                format!("{api} {:?}: {seconds:.3}", other.settings)
            })
            .collect();
        assert_eq!(report.verdict.family, family, "{rows:#?}");
        report
    }
}

/// A pickle of a short text.
fn small() -> PickleFacts {
    PickleFacts {
        tried: 5,
        bytes: 40.0,
        largest: 40.0,
        ..PickleFacts::default()
    }
}

fn span(line: u32, column: u32, end_line: u32, end_column: u32) -> Span {
    Span {
        line,
        column,
        end_line,
        end_column,
    }
}

fn computing() -> Ledger {
    Ledger {
        python_gil: 1.0,
        ..Ledger::default()
    }
}

/// A fiftieth of the time is Python, the rest waits for sockets.
fn waiting() -> Ledger {
    Ledger {
        python_gil: 0.02,
        socket: 0.98,
        ..Ledger::default()
    }
}

/// Short exchanges: a part of the time is system calls, each of which gives the GIL away.
fn exchanging() -> Ledger {
    Ledger {
        python_gil: 0.04,
        kernel: 0.04,
        socket: 0.92,
        ..Ledger::default()
    }
}

#[test]
fn python_that_computes_goes_to_processes() {
    let verdict = Loop::of(40, computing()).gets(Family::Process).verdict;
    assert_eq!(verdict.settings.workers, Some(2));
    assert!(verdict.predicted_speedup > 1.6, "{verdict:#?}");
}

#[test]
fn many_short_tasks_go_to_processes_several_at_once_and_few_long_ones_one_by_one() {
    let chunksize = |tasks| {
        let mut computing = Loop::of(tasks, computing());
        computing.told.needs = vec![Need::Exceptions];
        let settings = computing.gets(Family::Process).verdict.settings;
        settings.chunksize.unwrap()
    };
    assert!(chunksize(4000) >= 8, "{}", chunksize(4000));
    assert_eq!(chunksize(24), 1);
}

#[test]
fn native_code_that_releases_the_gil_goes_to_threads() {
    let ledger = Ledger {
        native_released: 1.0,
        ..Ledger::default()
    };
    Loop::of(40, ledger).gets(Family::Thread);
}

#[test]
fn tiny_tasks_stay_sequential() {
    Loop::of(4_000_000, computing()).gets(Family::Sequential);
}

#[test]
fn tasks_that_depend_on_each_other_stay_sequential_and_the_carrier_is_named() {
    let mut chain = Loop::of(40, computing());
    chain.independence = Independence {
        answer: Answer::No,
        carriers: vec![Carrier {
            name: "total".to_owned(),
            place: Place {
                file: "program.py".to_owned(),
                line: 11,
            },
            why: "total carries a value from one iteration to the next".to_owned(),
            change: Some("return it from the task".to_owned()),
        }],
    };
    let verdict = chain.gets(Family::Sequential).verdict;
    let flips = verdict.flips_if.as_deref().unwrap_or_default();
    assert!(flips.contains("program.py:11") && flips.contains("return it from the task"));
    assert!(verdict.steps[0].answer.contains("total carries"));
}

/// `for item in items:` around `for _ in range(6):`, which takes the time.
#[test]
fn a_loop_stands_before_the_one_nested_in_it_and_what_that_goes_through_is_no_task() {
    let mut chain = Loop::of(40, computing());
    chain.independence.answer = Answer::No;
    let (mut outer, mut inner) = (chain.site(), chain.site());
    outer.calls[0].independence.answer = Answer::Yes;
    outer.calls[0].span = span(11, 18, 11, 26);
    outer.callee = None;
    inner.id = 1;
    inner.parent = Some(0);
    inner.span = span(11, 8, 11, 34);
    inner.calls.clear();
    inner.callee = None;
    inner.iterable = Some(Iterable {
        span: outer.calls[0].span,
        text: "range(6)".to_owned(),
        lazy: true,
    });
    let mut observation = chain.observation(&machine());
    let mut nested = observation.iterations[0].clone();
    observation.iterations[0].wall_seconds *= 0.9;
    nested.site = 1;
    observation.iterations.push(nested);
    let mut ledger = observation.site_ledgers[0].clone();
    ledger.site = 1;
    ledger.calls.clear();
    observation.site_ledgers.push(ledger);
    observation.calls.clear();

    let sites = chain.advice_on(vec![outer, inner], &observation).sites;
    let found: Vec<(u32, Option<bool>)> = sites
        .iter()
        .map(|site| (site.line, site.independent))
        .collect();
    assert_eq!(found, [(10, Some(false)), (11, Some(false))]);
}

#[test]
fn a_loop_that_runs_inside_another_in_a_function_called_from_it_stands_after_it() {
    let computing = Loop::of(40, computing());
    let (mut inner, mut outer) = (computing.site(), computing.site());
    inner.function = "work".to_owned();
    inner.span = span(2, 4, 3, 30);
    outer.id = 1;
    let mut observation = computing.observation(&machine());
    let mut iterations = observation.iterations[0].clone();
    iterations.site = 1;
    iterations.wall_seconds *= 0.9;
    observation.iterations.push(iterations);
    let mut ledger = observation.site_ledgers[0].clone();
    ledger.site = 1;
    observation.site_ledgers[0].around = vec![(1, WALL)];
    observation.site_ledgers.push(ledger);

    let report = computing.advice_on(vec![inner, outer], &observation);
    let lines: Vec<u32> = report.sites.iter().map(|site| site.line).collect();
    assert_eq!(lines, [10, 2]);
}

#[test]
fn a_few_long_waits_are_threads_though_a_twin_exists() {
    Loop::of(40, waiting()).asking().gets(Family::Thread);
}

#[test]
fn waits_without_a_twin_are_threads_though_processes_would_do() {
    for tasks in [40, 400] {
        Loop::of(tasks, waiting()).gets(Family::Thread);
    }
}

#[test]
fn requests_whose_library_costs_more_than_the_wait_are_coroutines() {
    let mut requests = Loop::of(400, computing()).requesting();
    requests.ledger.socket = 1.5;
    let report = requests.gets(Family::Asyncio);
    let threads = report
        .verdict
        .alternatives
        .iter()
        .find(|other| other.family == Family::Thread)
        .unwrap();
    assert!(report.verdict.predicted_seconds < 0.75 * threads.predicted_seconds);
}

#[test]
fn who_does_not_want_async_does_not_get_it() {
    let mut requests = Loop::of(400, computing()).requesting();
    requests.ledger.socket = 1.5;
    requests.told.prefer_async = Some(false);
    assert_ne!(requests.advice().verdict.family, Family::Asyncio);
}

#[test]
fn what_stalled_the_loop_who_was_asked_and_who_held_the_lock_is_to_be_minded() {
    let case = Loop::of(40, waiting()).asking();
    let mut observation = case.observation(&machine());
    let socket = |peer: &str, seconds| Waited {
        cause: WaitCause::Socket,
        seconds,
        detail: WaitDetail::Socket {
            operation: SocketOperation::Receive,
            peer: Some(peer.to_owned()),
        },
    };
    observation.waits = vec![
        socket("10.0.0.3:443", 0.9 * WALL),
        Waited {
            cause: WaitCause::Lock,
            seconds: 0.2 * WALL,
            detail: WaitDetail::Lock {
                lock: LockKind::Lock,
                holder: Some(LockHolder {
                    thread: 12,
                    file: Some("/srv/app.py".to_owned()),
                    function: Some("refill".to_owned()),
                    line: 7,
                }),
            },
        },
        socket("10.0.0.4:443", 0.01 * WALL),
    ];
    observation.stalls = vec![StallReport {
        thread: 1,
        file: "/srv/app.py".to_owned(),
        line: 3,
        function: "parse".to_owned(),
        cause: WaitCause::PythonGil,
        count: 4,
        longest: 0.15,
        seconds: 0.5,
    }];
    let report = case.advice_on(vec![case.site()], &observation);
    let caveats = report.verdict.caveats.join("\n");
    for wanted in [
        "parse (app.py:3) kept the event loop from everything else 4 times, up to 150 ms",
        "99 % of the waiting for sockets was for 10.0.0.3:443",
        "a Lock held by thread 12, refill at app.py:7",
    ] {
        assert!(caveats.contains(wanted), "{wanted}: {caveats}");
    }
}

#[test]
fn the_same_facts_give_the_same_report() {
    let exchanges = Loop::of(300, exchanging()).asking();
    assert_eq!(exchanges.advice(), exchanges.advice());
}
