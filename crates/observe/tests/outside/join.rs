//! Samples meet sites.

use rightlane_facts::{
    CallSpot, Crossing, Decided, Independence, Member, ProgramSource, ResultUse, Sample,
    SampleFrame, Site, SiteKind, SocketUse, Span, WaitCause,
};
use rightlane_observe::join::{main_ledger, site_ledgers};

const FILE: &str = "/nowhere/app/report.py";

fn span(line: u32, column: u32, end_line: u32, end_column: u32) -> Span {
    Span {
        line,
        column,
        end_line,
        end_column,
    }
}

fn call(at: Span, awaited: bool) -> CallSpot {
    CallSpot {
        span: at,
        name: String::new(),
        text: String::new(),
        arguments: Vec::new(),
        target: None,
        external: None,
        awaited,
        uses_target: true,
        independence: Independence::default(),
        effects: Vec::new(),
        crossing: Crossing::default(),
        result: ResultUse::Discarded,
        sockets: SocketUse::default(),
        blocks: Decided::default(),
        releases_gil: Decided::default(),
    }
}

fn site(id: u32, kind: SiteKind, function: &str, at: Span, calls: &[Span]) -> Site {
    Site {
        id,
        kind,
        file: "report.py".to_owned(),
        path: FILE.to_owned(),
        span: at,
        function: function.to_owned(),
        function_line: 1,
        parent: None,
        in_async: false,
        iterable: None,
        calls: calls.iter().map(|at| call(*at, false)).collect(),
        callee: None,
        independence: Independence::default(),
        effects: Vec::new(),
        crossing: Crossing::default(),
        early_exit: None,
        text: None,
        members: Vec::new(),
        dependencies: Vec::new(),
    }
}

fn frame(function: &str, line: u32, at: Option<Span>) -> SampleFrame {
    SampleFrame {
        file: FILE.into(),
        function: function.into(),
        line,
        span: at,
    }
}

fn sample(frames: Vec<SampleFrame>) -> Sample {
    Sample {
        thread: 1,
        main: true,
        cause: WaitCause::Socket,
        seconds: 1.0,
        frames,
    }
}

fn program(sites: Vec<Site>) -> ProgramSource {
    ProgramSource {
        sites,
        ..ProgramSource::default()
    }
}

/// Seconds of each site and of each of its calls.
fn seconds(sites: Vec<Site>, samples: &[Sample]) -> Vec<(f64, Vec<f64>)> {
    site_ledgers(&program(sites), samples)
        .iter()
        .map(|found| {
            let calls = found.calls.iter().map(|call| call.total()).collect();
            (found.ledger.total(), calls)
        })
        .collect()
}

/// `for` on lines 10 to 12 with `save(fetch(x))` on line 11: columns 8 to 22, `fetch(x)` 13 to 21.
fn loop_site() -> Site {
    let calls = [span(11, 8, 11, 22), span(11, 13, 11, 21)];
    site(0, SiteKind::For, "main", span(10, 4, 12, 20), &calls)
}

#[test]
fn the_innermost_call_under_way_gets_the_time() {
    let in_fetch = frame("main", 11, Some(span(11, 13, 11, 21)));
    let in_save = frame("main", 11, Some(span(11, 8, 11, 22)));
    let loop_itself = frame("main", 10, Some(span(10, 13, 10, 18)));
    let after = frame("main", 14, Some(span(14, 4, 14, 9)));
    let samples = [in_fetch, in_save, loop_itself, after].map(|frame| sample(vec![frame]));
    assert_eq!(
        seconds(vec![loop_site()], &samples),
        [(3.0, vec![1.0, 1.0])]
    );
}

#[test]
fn without_columns_the_line_and_the_suggested_call_decide() {
    let mut with_callee = loop_site();
    with_callee.callee = Some(1);
    let samples = [sample(vec![frame("main", 11, None)])];
    assert_eq!(
        seconds(vec![with_callee], &samples),
        [(1.0, vec![0.0, 1.0])]
    );
    // Without a suggestion the outermost call of the line.
    assert_eq!(
        seconds(vec![loop_site()], &samples),
        [(1.0, vec![1.0, 0.0])]
    );
}

#[test]
fn nested_sites_both_count_and_recursion_counts_once() {
    let outer = site(
        0,
        SiteKind::For,
        "walk",
        span(1, 0, 9, 9),
        &[span(5, 4, 5, 20)],
    );
    let inner = site(
        1,
        SiteKind::For,
        "walk",
        span(4, 0, 8, 9),
        &[span(5, 4, 5, 20)],
    );
    let there = frame("walk", 5, Some(span(5, 4, 5, 20)));
    let samples = [sample(vec![there.clone(), there.clone(), there])];
    let found = seconds(vec![outer, inner], &samples);
    assert_eq!(found, [(1.0, vec![1.0]), (1.0, vec![1.0])]);
}

#[test]
fn a_loop_knows_the_loops_that_it_runs_inside() {
    let rows = site(1, SiteKind::For, "write_row", span(20, 4, 21, 30), &[]);
    let in_rows = frame("write_row", 21, Some(span(21, 8, 21, 30)));
    let calls_it = frame("main", 11, Some(span(11, 8, 11, 22)));
    let samples = [
        sample(vec![in_rows.clone(), calls_it]),
        // Called from elsewhere, too.
        sample(vec![in_rows]),
    ];
    let found = site_ledgers(&program(vec![loop_site(), rows]), &samples);
    assert_eq!((found[0].repeated, found[1].repeated), (0.0, 1.0));
    assert_eq!(found[0].around, []);
    assert_eq!(found[1].around, [(0, 1.0)]);
}

#[test]
fn another_function_or_file_on_the_same_lines_is_not_the_site() {
    let other_function = frame("Other.helper", 11, Some(span(11, 13, 11, 21)));
    let mut other_file = frame("main", 11, Some(span(11, 13, 11, 21)));
    other_file.file = "/nowhere/app/other.py".into();
    let method = frame("Report.main", 11, Some(span(11, 13, 11, 21)));
    let mut relative = frame("main", 11, Some(span(11, 13, 11, 21)));
    relative.file = "report.py".into();
    let samples = [other_function, other_file, method, relative].map(|one| sample(vec![one]));
    assert_eq!(
        seconds(vec![loop_site()], &samples),
        [(2.0, vec![0.0, 2.0])]
    );
}

#[test]
fn comprehensions_run_in_a_frame_of_their_own() {
    // total = sum(parse(x) for x in rows)
    let generator = || {
        let at = span(20, 11, 20, 36);
        site(
            0,
            SiteKind::GeneratorExpression,
            "main",
            at,
            &[span(20, 12, 20, 20)],
        )
    };
    let inside = frame("main.<locals>.<genexpr>", 20, Some(span(20, 12, 20, 20)));
    let consumer = frame("main", 20, Some(span(20, 8, 20, 36)));
    let samples = [
        sample(vec![inside.clone(), consumer.clone()]),
        // Taken out of the generator by somebody else.
        sample(vec![inside]),
        // The consumer's own work is not the generator's.
        sample(vec![consumer]),
    ];
    assert_eq!(seconds(vec![generator()], &samples), [(2.0, vec![2.0])]);
}

#[test]
fn an_awaited_call_is_under_way_while_its_await_waits() {
    let mut loop_site = site(0, SiteKind::For, "main", span(1, 0, 3, 30), &[]);
    loop_site.calls = vec![call(span(2, 14, 2, 22), true)];
    let waits = frame("main", 2, Some(span(2, 8, 2, 22)));
    assert_eq!(
        seconds(vec![loop_site], &[sample(vec![waits])]),
        [(1.0, vec![1.0])]
    );
}

#[test]
fn a_run_of_calls_has_time_by_member() {
    let mut run = site(0, SiteKind::Run, "main", span(5, 4, 7, 30), &[]);
    run.members = [5, 6, 7]
        .map(|line| Member {
            span: span(line, 4, line, 30),
            text: String::new(),
            callee: String::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            effects: Vec::new(),
        })
        .to_vec();
    let samples = [
        sample(vec![frame("main", 6, Some(span(6, 10, 6, 28)))]),
        sample(vec![frame("main", 7, None)]),
    ];
    assert_eq!(seconds(vec![run], &samples), [(2.0, vec![0.0, 1.0, 1.0])]);
}

#[test]
fn the_main_ledger_is_that_of_the_main_thread_only() {
    let mut other = sample(Vec::new());
    other.main = false;
    let ledger = main_ledger(&[sample(Vec::new()), other]);
    assert_eq!((ledger.total(), ledger.socket), (1.0, 1.0));
}

/// A real run of `programs/loops.py`, whose figures are known.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[test]
fn a_real_programs_time_lands_at_its_sites() {
    let path = crate::common::program("loops.py")
        .to_str()
        .unwrap()
        .to_owned();
    let mut outer = site(0, SiteKind::For, "main", span(18, 4, 21, 23), &[]);
    let calls = [span(20, 19, 20, 32), span(21, 12, 21, 23)];
    let mut inner = site(1, SiteKind::For, "main", span(19, 8, 21, 23), &calls);
    let calls = [span(22, 15, 22, 23)];
    let at = span(22, 14, 22, 43);
    let mut generator = site(2, SiteKind::GeneratorExpression, "main", at, &calls);
    for site in [&mut outer, &mut inner, &mut generator] {
        site.path.clone_from(&path);
    }
    let source = program(vec![outer, inner, generator]);
    for python in crate::pythons::pythons() {
        let run = crate::common::run(std::process::Command::new(&python.path).arg(&path));
        let found = site_ledgers(&source, &run.sampled.samples);
        let shown = format!(
            "{}: {:?}",
            python.name,
            found
                .iter()
                .map(|site| crate::common::show(&site.ledger))
                .collect::<Vec<_>>()
        );
        println!("{shown}");
        let near = |seconds: f64, wanted: f64| (seconds - wanted).abs() < 0.06 + 0.25 * wanted;
        assert!(near(found[0].ledger.sleep, 0.4), "{shown}");
        assert!(near(found[1].ledger.sleep, 0.4), "{shown}");
        assert!(near(found[1].calls[0].sleep, 0.4), "{shown}");
        assert!(
            near(
                found[1].calls[1].gil_cpu() + found[1].calls[1].free_cpu(),
                0.2
            ),
            "{shown}"
        );
        assert!(
            near(found[2].ledger.gil_cpu() + found[2].ledger.free_cpu(), 0.2),
            "{shown}"
        );
        assert!(
            found[2].calls[0].total() > 0.8 * found[2].ledger.total(),
            "{shown}"
        );
        assert!(found[2].ledger.sleep < 0.05, "{shown}");
    }
}
