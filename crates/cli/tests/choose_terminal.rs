//! `rightlane choose` on a terminal: a person answers one question at a time.
//!
//! The terminal is real: Python's `pty` module opens one, types when a prompt waits, and reports
//! what came and how it ended.

#![cfg(unix)]

use std::process::{Command, Output};

/// Types one line for each prompt and prints all that the terminal showed. `EOF` types Ctrl-D,
/// `INT` Ctrl-C. Ends with the command's exit code, or 128 + the signal that ended it.
const DRIVER: &str = r#"
import os, pty, select, sys

lines = sys.argv[2].split("|")
child, terminal = pty.fork()
if child == 0:
    os.environ["NO_COLOR"] = "1"
    os.execv(sys.argv[1], [sys.argv[1], "choose", *sys.argv[3:]])
shown, answered = b"", 0
while True:
    # Nothing for half a minute: let the test fail with what came so far.
    if not select.select([terminal], [], [], 30)[0]:
        os.kill(child, 9)
        break
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # the other end is closed: Linux says EIO
        break
    if not chunk:
        break
    shown += chunk
    if shown.endswith(b"? ") and answered < len(lines):
        line = lines[answered]
        answered += 1
        keys = {"EOF": "\x04", "INT": "\x03"}.get(line, line + "\n")
        os.write(terminal, keys.encode())
sys.stdout.write(shown.decode().replace("\r\n", "\n"))
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
"#;

fn type_lines(lines: &[&str], flags: &[&str]) -> (String, Option<i32>) {
    let binary = env!("CARGO_BIN_EXE_rightlane");
    let Output {
        stdout,
        stderr,
        status,
    } = Command::new("python3")
        .args(["-c", DRIVER, binary, &lines.join("|")])
        .args(flags)
        .output()
        .expect("python3 starts");
    assert!(stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    (String::from_utf8_lossy(&stdout).into_owned(), status.code())
}

#[test]
fn answers_lead_to_the_verdict_and_to_the_same_by_flags() {
    // Independent; longer; IO-bound; few sockets; no files; not async; no wish; many; short;
    // no state; no answer on the shape; cancel and wait; one machine; Python 3.13.
    let lines = [
        "1", "2", "2", "2", "2", "2", "", "1", "1", "2", "", "1, 5", "1", "4",
    ];
    let (shown, code) = type_lines(&lines, &[]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Step 1.1: Threads or asyncio?"), "{shown}");
    assert!(shown.contains("Use ThreadPoolExecutor"), "{shown}");
    let command = "rightlane choose --independent --total longer --io-bound --sockets few \
                   --no-file-io --sync-codebase --tasks many --short --no-state \
                   --needs cancel,wait --machines one --python 3.13";
    assert!(shown.trim_end().ends_with(command), "{shown}");
}

#[test]
fn an_answer_that_settles_everything_ends_the_questions() {
    let (shown, code) = type_lines(&["2"], &[]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("\n\nLeave it sequential"), "{shown}");
    assert!(!shown.contains("Are the tasks CPU-bound"), "{shown}");
}

#[test]
fn computing_tasks_are_not_asked_about_sockets() {
    let lines = ["", "", "cpu-bound", "INT"];
    let (shown, _) = type_lines(&lines, &[]);
    assert!(shown.contains("releases the GIL?"), "{shown}");
    assert!(!shown.contains("socket connections"), "{shown}");
}

#[test]
fn help_back_and_unclear_answers_do_not_lose_the_place() {
    // Help on the first question, something unclear, an answer, back, another answer.
    let lines = ["?", "7", "1", "b", "dependent"];
    let (shown, code) = type_lines(&lines, &[]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("By flag: --independent or --dependent"),
        "{shown}"
    );
    assert!(shown.contains("Please type 1 or 2."), "{shown}");
    // Asked at first and after going back, but not again after help.
    assert_eq!(
        shown.matches("Does a task need the result").count(),
        2,
        "{shown}"
    );
    assert!(shown.contains("Leave it sequential"), "{shown}");
}

#[test]
fn nothing_but_enter_shows_what_was_assumed() {
    let (shown, code) = type_lines(&[""; 16], &[]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Use ThreadPoolExecutor"), "{shown}");
    assert!(shown.contains("assumed  the tasks are IO-bound"), "{shown}");
    assert!(shown.trim_end().ends_with("rightlane choose"), "{shown}");
}

#[test]
fn ctrl_c_ends_with_130_and_the_end_of_input_with_2() {
    let (shown, code) = type_lines(&["1", "INT"], &[]);
    assert_eq!(code, Some(130), "{shown}");
    let (shown, code) = type_lines(&["1", "EOF"], &[]);
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("the input ended before the questions did"),
        "{shown}"
    );
}

#[test]
fn answers_by_flags_ask_nothing_on_a_terminal_either() {
    let (shown, code) = type_lines(&[], &["--cpu-bound"]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.starts_with("Use ProcessPoolExecutor"), "{shown}");
}

#[test]
fn a_python_version_alone_is_no_answer_and_is_not_asked_again() {
    let (shown, code) = type_lines(&[""; 16], &["--python", "3.10"]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("Which Python?"), "{shown}");
    assert!(shown.contains("told     Python is 3.10"), "{shown}");
}
