//! `rightlane choose` by flags, through the binary.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn choose(flags: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rightlane"))
        .arg("choose")
        .args(flags.split_whitespace())
        .stdin(Stdio::null())
        .output()
        .expect("rightlane starts")
}

fn text(flags: &str) -> String {
    let output = choose(flags);
    assert_eq!(output.status.code(), Some(0), "{flags}: {output:?}");
    assert!(output.stderr.is_empty(), "{flags}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(flags: &str) -> Value {
    let text = text(&format!("{flags} --format json"));
    assert_eq!(text.lines().count(), 1, "one object on one line");
    serde_json::from_str(&text).expect("JSON")
}

#[track_caller]
fn wrong(flags: &str, words: &[&str]) {
    let output = choose(flags);
    assert_eq!(output.status.code(), Some(2), "{flags}: {output:?}");
    assert!(output.stdout.is_empty(), "{flags}: {output:?}");
    let message = String::from_utf8_lossy(&output.stderr);
    for word in words {
        assert!(message.contains(word), "{flags}: {message}");
    }
}

#[test]
fn the_example_of_the_manual() {
    let text = text("--cpu-bound --tasks many --needs cancel");
    assert!(text.starts_with("Use ProcessPoolExecutor\n"), "{text}");
    assert!(text.contains("Future.cancel()"));
    assert!(text.contains("with ProcessPoolExecutor() as executor:"));
}

#[test]
fn the_tasks_that_the_guide_names() {
    for (flags, api) in [
        (
            "--cpu-bound --tasks many --for-loop",
            "multiprocessing.Pool",
        ),
        (
            "--io-bound --tasks many --for-loop",
            "multiprocessing.pool.ThreadPool",
        ),
        ("--io-bound --tasks one --long-lived", "threading.Thread"),
        (
            "--io-bound --file-io --tasks many --short",
            "ThreadPoolExecutor",
        ),
        ("--io-bound --tasks one --state", "threading.Thread"),
        ("--cpu-bound --tasks one --state", "multiprocessing.Process"),
        (
            "--io-bound --sockets many --tasks many",
            "asyncio.TaskGroup",
        ),
        ("--file-io --for-loop", "multiprocessing.pool.ThreadPool"),
    ] {
        assert_eq!(json(flags)["api"], api, "{flags}");
    }
}

#[test]
fn without_answers_and_without_a_terminal_the_whole_guide_is_shown() {
    let text = text("");
    for part in [
        "Step 1.1: Threads or asyncio?",
        "--sockets many|few",
        "With nothing known",
        "├─",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn what_was_not_answered_is_shown_with_what_it_would_change() {
    let text = text("--tasks many");
    assert!(text.contains("Not answered: it would be another API with"));
    assert!(text.contains("--cpu-bound") && text.contains("ProcessPoolExecutor: the tasks"));
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn json_holds_answers_steps_alternatives_and_code() {
    let choice = json("--io-bound --needs cancel,terminate --python 3.12");
    assert_eq!(choice["schema"], "1.0");
    assert_eq!(choice["family"], "thread");
    assert_eq!(
        choice["answers"]["needs"],
        serde_json::json!(["cancel", "terminate"])
    );
    assert_eq!(choice["answers"]["python"], "3.12");
    assert_eq!(choice["steps"][1]["evidence"][0]["source"], "told");
    assert_eq!(choice["needs"][0]["side"], "Executor");
    let asyncio = choice["alternatives"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["flag"] == "--sockets many"))
        .expect("sockets are open");
    assert_eq!(asyncio["api"], "asyncio.TaskGroup");
    assert!(
        asyncio["code"]
            .as_str()
            .is_some_and(|code| code.contains("async def main"))
    );
    assert!(
        choice["code"]
            .as_str()
            .is_some_and(|code| code.contains("ThreadPoolExecutor"))
    );
    assert_eq!(
        choice["command"],
        "rightlane choose --io-bound --needs cancel,terminate --python 3.12"
    );
}

#[test]
fn the_command_in_json_gives_the_same_answer_again() {
    let first = json("--avoid-async --sockets many --needs none --machines one --total longer");
    let command = first["command"].as_str().expect("a command line");
    let flags = command
        .strip_prefix("rightlane choose")
        .expect("its own name");
    assert_eq!(json(flags), first);
}

#[test]
fn answers_that_contradict_each_other_say_what_to_write() {
    wrong(
        "--cpu-bound --io-bound",
        &["--cpu-bound and --io-bound", "Write one of the two"],
    );
    wrong(
        "--free-threaded --python 3.11",
        &["write --python 3.14, or --with-gil"],
    );
    wrong(
        "--long-lived --total under-0.1s",
        &["leave one of the two out"],
    );
    wrong("--needs none,cancel", &["or none alone"]);
}

#[test]
fn unknown_answers_list_the_known_ones() {
    wrong("--tasks some", &["many, few, one"]);
    wrong("--needs cancle", &["'cancel'"]);
    wrong("--python 2.7", &["3.10", "3.15"]);
    wrong("--fast", &["--fast"]);
    wrong("script.py", &["script.py"]);
}

#[test]
fn help_names_every_flag_and_the_exit_codes() {
    let help = text("--help");
    for word in [
        "--prefer-async",
        "--needs",
        "Step 3: Pool or Executor",
        "130",
        "as-completed",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn the_page_in_docs_is_what_the_command_prints() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/choose.md");
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let hint = "run `rightlane choose --markdown > docs/choose.md`";
    assert!(
        text("--markdown") == written,
        "docs/choose.md is not current: {hint}"
    );
}
