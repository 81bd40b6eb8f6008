//! When outputs count as equal, and what is said when they do not.

use crate::support::{Tree, assert_equal, main, other, race};
use rightlane_race::{How, Measured, Output, OutputEqual, Setup, Variant, Where};
use std::time::Duration;

const PROGRAM: &str =
    "import sys\nfor line in ['b', 'a', 'c']:\n    print(line)\nprint('note', file=sys.stderr)\n";

/// What comes of the reference's program against another text under a rule.
fn against(equal: OutputEqual, text: &str) -> Measured {
    let tree = Tree::new(&[("main.py", PROGRAM)]);
    let setup = Setup {
        equal,
        min_runs: 1,
        max_runs: 1,
        ..tree.setup()
    };
    race(setup, vec![main(), other(&tree, "other", text)]).remove(1)
}

#[track_caller]
fn difference(measured: &Measured) -> String {
    assert_eq!(measured.seconds, None);
    match &measured.output {
        Some(Output::Differs(difference)) => difference.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn exact_output_is_compared_byte_by_byte() {
    assert_equal(&against(
        OutputEqual::Exact,
        &format!("# The same.\n{PROGRAM}"),
    ));
    let swapped = PROGRAM.replace("'b', 'a'", "'a', 'b'");
    assert_eq!(
        difference(&against(OutputEqual::Exact, &swapped)),
        "stdout, line 1: `a` instead of `b`"
    );
    let more = format!("{PROGRAM}print('more')\n");
    assert_eq!(
        difference(&against(OutputEqual::Exact, &more)),
        "stdout, line 4: `more` instead of nothing"
    );
    let stderr = PROGRAM.replace("note", "no\\x1b[31mte");
    assert_eq!(
        difference(&against(OutputEqual::Exact, &stderr)),
        "stderr, line 1: `no\\u{1b}[31mte` instead of `note`"
    );
    let long = PROGRAM.replace("'c'", "'c' * 500 + 'd'");
    let shown = difference(&against(OutputEqual::Exact, &long));
    assert!(
        shown.starts_with("stdout, line 3: `ccc") && shown.len() < 300,
        "{shown}"
    );
}

#[test]
fn sorted_and_unordered_output_may_come_in_another_order() {
    let swapped = PROGRAM.replace("'b', 'a'", "'a', 'b'");
    assert_equal(&against(OutputEqual::Sorted, &swapped));
    assert_equal(&against(OutputEqual::Unordered, &swapped));
    let wrong = PROGRAM.replace("'b', 'a'", "'a', 'a'");
    assert_eq!(
        difference(&against(OutputEqual::Sorted, &wrong)),
        "stdout, line 2: `a` instead of `b`"
    );
    assert_eq!(
        difference(&against(OutputEqual::Unordered, &wrong)),
        "stdout: `a` instead of `b`"
    );
}

#[test]
fn ignored_output_may_be_any_but_the_exit_status_may_not() {
    assert_equal(&against(OutputEqual::Ignore, "print('something else')\n"));
    let failed = against(OutputEqual::Ignore, "raise SystemExit(3)\n");
    let Some(Output::Failed(How::Status { difference, .. })) = &failed.output else {
        panic!("{failed:?}");
    };
    assert_eq!(difference.place, Where::Status);
    assert_eq!(difference.to_string(), "exit status: `3` instead of `0`");
}

#[test]
fn a_command_says_whether_two_files_are_equal() {
    let rule = || OutputEqual::Command("cmp -s -n 2 \"$1\" \"$2\"".to_owned());
    assert_equal(&against(rule(), "print('b')\n"));
    assert!(difference(&against(rule(), "print('x')\n")).contains("exit status: 1"));
}

#[test]
fn a_variant_that_fails_or_hangs_has_no_time() {
    let tree = Tree::new(&[("main.py", "print('done')\n")]);
    let setup = Setup {
        budget: Some(Duration::from_secs(60)),
        ..tree.setup()
    };
    let variants = vec![
        main(),
        other(&tree, "fails", "raise ValueError('why')\n"),
        other(&tree, "hangs", "import time\ntime.sleep(1000)\n"),
        other(
            &tree,
            "dies",
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
        ),
        other(&tree, "prints", "while True:\n    print('x' * 1_000_000)\n"),
        Variant {
            python: "/nowhere/python3".into(),
            ..main()
        },
    ];
    let measured = race(setup, variants);
    assert_equal(&measured[0]);
    let Some(Output::Failed(How::Status { stderr, .. })) = &measured[1].output else {
        panic!("{:?}", measured[1]);
    };
    assert!(stderr.ends_with("ValueError: why"), "{stderr}");
    assert_eq!(measured[2].output, Some(Output::Failed(How::Hung)));
    let Some(Output::Failed(died @ How::Status { .. })) = &measured[3].output else {
        panic!("{:?}", measured[3]);
    };
    assert_eq!(died.to_string(), "exit status: `signal 11` instead of `0`");
    assert_eq!(measured[4].output, Some(Output::Failed(How::TooMuchOutput)));
    assert!(matches!(
        measured[5].output,
        Some(Output::Failed(How::NotStarted(_)))
    ));
    for wrong in &measured[1..] {
        assert_eq!((wrong.runs, wrong.seconds), (0, None));
    }
}
