//! `rightlane top` on a terminal: it takes the screen and gives it back, however it ends.
//!
//! The terminal is real: Python's `pty` module opens one, waits for the picture, and ends top by a
//! key or by a signal.

#![cfg(unix)]

use rightlane_facts::{LiveProcess, LiveThread, LiveView, WaitCause};
use std::process::Command;

/// Ends top as told (`q`, or a signal's number) once its picture is there. Prints whether the
/// terminal's modes are as before, then what top wrote; ends with top's exit code.
const DRIVER: &str = r#"
import fcntl, os, pty, select, struct, subprocess, sys, termios

binary, views, how = sys.argv[1:]
ours, its = pty.openpty()
fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
before = termios.tcgetattr(its)
top = subprocess.Popen(
    [binary, "top", "--refresh", "100ms", "--replay", views],
    stdin=its, stdout=its, stderr=its, env={**os.environ, "TERM": "xterm"},
)
shown, asked = b"", False
# Nothing for half a minute: let the test fail with what came so far.
while b"\x1b[?1049l" not in shown and select.select([ours], [], [], 30)[0]:
    shown += os.read(ours, 65536)
    if not asked and b"quit" in shown:
        asked = True
        os.write(ours, b"q") if how == "q" else top.send_signal(int(how))
if not asked:
    top.kill()
code = top.wait()
print("same modes:", termios.tcgetattr(its) == before)
print(ascii(shown.decode()))
sys.exit(code)
"#;

/// How top ended that was told to end like this, and what the terminal showed.
fn ended(how: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let views = folder.path().join("views.jsonl");
    let line = serde_json::to_string(&view()).expect("JSON");
    std::fs::write(&views, format!("{line}\n").repeat(1000)).expect("a file");
    let output = Command::new("python3")
        .args(["-c", DRIVER, env!("CARGO_BIN_EXE_rightlane")])
        .arg(&views)
        .arg(how)
        .output()
        .expect("python3 starts");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), shown)
}

fn view() -> LiveView {
    let thread = LiveThread {
        tid: 7,
        name: "the_only_thread".to_owned(),
        main: true,
        cause: WaitCause::Sleep,
        detail: None,
        since: 1.0,
        ledger: rightlane_facts::Ledger {
            sleep: 1.0,
            ..Default::default()
        },
        frames: Vec::new(),
    };
    let process = LiveProcess {
        pid: 7,
        parent: None,
        command: "python x.py".to_owned(),
        python: None,
        ended: false,
        cpu: 0.0,
        memory: 0,
        threads: vec![thread],
        rate: 100.0,
        refused: None,
    };
    LiveView {
        at: 1.0,
        window: 1.0,
        processes: vec![process],
        own_cpu: 0.0,
    }
}

#[test]
fn the_terminal_is_given_back_after_a_key_and_after_signals() {
    for (how, code) in [("q", 0), ("15", 143), ("2", 130), ("1", 129)] {
        let (ended, shown) = ended(how);
        assert_eq!(ended, Some(code), "{how}: {shown}");
        assert!(shown.starts_with("same modes: True"), "{how}: {shown}");
        // A name of ten columns: it was drawn.
        assert!(shown.contains("the_only_"), "{how}: {shown}");
        assert!(shown.contains("[?1049h"), "{how}: {shown}");
        assert!(shown.trim_end().contains("[?1049l"), "{how}: {shown}");
    }
}

#[test]
fn without_a_terminal_top_says_what_to_write_instead() {
    let output = Command::new(env!("CARGO_BIN_EXE_rightlane"))
        .args(["top", "--pid", "1"])
        .output()
        .expect("top starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("rightlane top --once"), "{said}");
}
