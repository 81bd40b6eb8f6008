//! The text report as a person sees it.

use rightlane_facts::{AdviceReport, Api, Family, Ledger, Outcome, Settings};
use rightlane_report::{Look, text};
use textwrap::core::display_width;

fn avatars() -> AdviceReport {
    serde_json::from_str(include_str!("reports/avatars.json")).expect("a report")
}

#[test]
fn a_report_at_eighty_columns() {
    let shown = text(&avatars(), Look::new(80, false));
    expect_test::expect_file!["reports/avatars.80.txt"].assert_eq(&shown);
}

#[test]
fn a_wider_terminal_is_used() {
    let shown = text(&avatars(), Look::new(110, false));
    let widest = shown.lines().map(display_width).max();
    assert!(widest > Some(80) && widest <= Some(110), "{widest:?}");
}

#[test]
fn no_line_is_wider_than_the_terminal_and_none_ends_in_spaces() {
    let mut report = avatars();
    report.verdict.code = None;
    report.sites[0].callee = "convert(".to_owned() + &"a_long_argument, ".repeat(20) + ")";
    for width in [60, 80, 97] {
        for line in text(&report, Look::new(width, false)).lines() {
            assert!(display_width(line) <= width, "{width}: {line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn the_verdict_comes_first() {
    let shown = text(&avatars(), Look::new(80, false));
    let mut lines = shown.lines();
    assert_eq!(lines.next(), Some("Use ThreadPoolExecutor with 16 workers"));
    let place = lines.next().unwrap_or_default();
    assert!(place.contains("fetch_avatars.py:33"), "{place}");
}

#[test]
fn what_was_chosen_is_marked_though_other_settings_are_a_little_faster() {
    let mut report = avatars();
    let mut faster = report.verdict.alternatives[0].clone();
    faster.api = report.verdict.api;
    faster.family = report.verdict.family;
    faster.settings.workers = Some(77);
    report.verdict.alternatives.insert(0, faster);
    let shown = text(&report, Look::new(80, false));
    assert!(
        shown.contains("ThreadPoolExecutor, 16 workers (chosen)"),
        "{shown}"
    );
    assert!(!shown.contains("77 workers"), "{shown}");
}

#[test]
fn colour_changes_the_look_and_never_the_words() {
    let plain = text(&avatars(), Look::new(80, false));
    let colored = text(&avatars(), Look::new(80, true));
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains('\u{1b}'));
    assert_eq!(without_escapes(&colored), plain);
}

#[test]
fn a_sequential_verdict_gives_its_reason_instead_of_a_gain() {
    let mut report = avatars();
    report.verdict = report.sites[1].verdict.clone();
    let shown = text(&report, Look::new(80, false));
    assert!(shown.starts_with("Leave it sequential"), "{shown}");
    assert!(shown.contains("digest carries state"), "{shown}");
    assert!(!shown.contains("Gain"), "{shown}");
}

#[test]
fn a_pool_that_the_program_already_has_is_kept_not_proposed() {
    let mut report = avatars();
    report.existing = vec![rightlane_facts::ExistingConcurrency {
        place: report.verdict.place.clone().expect("a place"),
        api: "concurrent.futures.ThreadPoolExecutor".to_owned(),
        settings: Vec::new(),
    }];
    report.verdict.predicted_speedup = 1.0;
    let shown = text(&report, Look::new(80, false));
    assert!(shown.starts_with("Keep ThreadPoolExecutor"), "{shown}");
    assert!(!shown.contains("Gain"), "{shown}");
}

#[test]
fn names_from_the_program_cannot_drive_the_terminal() {
    let mut report = avatars();
    report.sites[0].callee = "f\u{1b}[2J\u{7}\u{202e}()".to_owned();
    report.verdict.code = Some("print('\u{1b}]0;owned\u{7}')".to_owned());
    report.doubts = vec!["line one\nline two\r".to_owned()];
    let shown = text(&report, Look::new(80, false));
    assert!(
        !shown.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']),
        "{shown}"
    );
    assert!(shown.contains("line one line two"));
}

#[test]
fn a_failed_program_is_said_before_the_verdict() {
    let mut report = avatars();
    report.outcome = Some(Outcome::Exited(3));
    let shown = text(&report, Look::new(80, false));
    assert!(
        shown.starts_with("The program ended with exit code 3."),
        "{shown}"
    );
    report.outcome = Some(Outcome::Signalled(15));
    report.cut_short = true;
    let shown = text(&report, Look::new(80, false));
    assert!(shown.starts_with("Observed for 9.1 s"), "{shown}");
    assert!(!shown.contains("Signal"), "we ended it ourselves: {shown}");
}

#[test]
fn a_bar_is_always_twenty_cells_and_shows_every_named_part() {
    let cells = ['█', '▒', '░', '·'];
    for (python, socket, file, lock, child) in [
        (1.0, 0.0, 0.0, 0.0, 0.0),
        (0.99, 0.006, 0.006, 0.006, 0.0),
        (1.0, 1.0, 1.0, 1.0, 1.0),
        (1e9, 1e7, 1e7, 1e7, 1e7),
    ] {
        let mut report = avatars();
        report.sites.clear();
        report.ledger = Ledger {
            python_gil: python,
            socket,
            file_read: file,
            lock,
            child,
            ..Ledger::default()
        };
        let shown = text(&report, Look::new(80, false));
        let bar = shown
            .lines()
            .find(|line| line.trim_start().starts_with('█'));
        let bar: String = bar
            .into_iter()
            .flat_map(|line| line.chars().skip(1).take(20))
            .collect();
        assert!(bar.chars().all(|cell| cells.contains(&cell)), "{bar}");
        for part in shown
            .split_whitespace()
            .filter(|word| word.chars().count() == 1)
        {
            let glyph = part.chars().next().unwrap_or_default();
            assert!(
                !cells.contains(&glyph) || bar.contains(glyph),
                "{glyph} in {shown}"
            );
        }
    }
}

#[test]
fn figures_that_make_no_sense_do_not_break_the_layout() {
    let mut report = avatars();
    report.wall_seconds = f64::NAN;
    report.machine.cores = f64::INFINITY;
    report.ledger.socket = f64::NAN;
    report.sites[0].share = f64::INFINITY;
    report.sites[0].task_seconds = -1.0;
    report.verdict.predicted_speedup = f64::INFINITY;
    assert!(text(&report, Look::new(80, true)).contains("ThreadPoolExecutor"));
}

#[test]
fn settings_read_as_people_say_them() {
    let settings = Settings {
        workers: Some(1),
        chunksize: Some(1500),
        start_method: Some(rightlane_facts::StartMethod::Spawn),
        limit: None,
    };
    assert_eq!(
        rightlane_report::settings_words(&settings),
        "1 worker, chunks of 1,500, start method spawn"
    );
    assert_eq!(rightlane_report::settings_words(&Settings::default()), "");
}

#[test]
fn a_runner_up_of_a_family_that_was_not_listed_is_shown() {
    let mut report = avatars();
    report.verdict.alternatives.clear();
    let runner_up = report.verdict.runner_up.as_mut().expect("a runner-up");
    runner_up.api = Api::Dask;
    runner_up.family = Family::Cluster;
    assert!(text(&report, Look::new(80, false)).contains("dask"));
}

fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for character in text.chars() {
        match character {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if inside => {}
            other => plain.push(other),
        }
    }
    plain
}
