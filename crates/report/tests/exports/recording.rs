//! The file that a recording is kept in.

use crate::builder::{Builder, every_recording, lost, usual};
use flate2::{Compression, write::GzEncoder};
use rightlane_facts::{Recording, WaitDetail};
use rightlane_report::recording::{LoadError, load, save};
use serde_json::{Value, json};
use std::io::Write;

fn packed(json: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json.as_bytes()).expect("written");
    encoder.finish().expect("written")
}

/// Whether two recordings are the same but for the last digit of their figures, which reading JSON
/// may change.
fn same(a: &Recording, b: &Recording) -> bool {
    fn rounded(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => {
                *value = format!("{:.12e}", number.as_f64().unwrap_or_default()).into();
            }
            Value::Array(list) => list.iter_mut().for_each(rounded),
            Value::Object(map) => map.values_mut().for_each(rounded),
            _ => {}
        }
    }
    let [a, b] = [a, b].map(|recording| {
        let mut json = serde_json::to_value(recording).expect("JSON");
        rounded(&mut json);
        json
    });
    a == b
}

fn refusal(file: &[u8]) -> (LoadError, String) {
    let error = load(file).expect_err("no recording");
    let message = error.to_string();
    (error, message)
}

/// `usual` with one value replaced in its JSON.
fn changed(pointer: &str, value: Value) -> Vec<u8> {
    let mut json = serde_json::to_value(usual()).expect("JSON");
    *json.pointer_mut(pointer).expect(pointer) = value;
    packed(&json.to_string())
}

#[test]
fn what_was_saved_is_loaded_again() {
    for (name, recording) in every_recording() {
        if name == "lost" {
            continue;
        }
        let file = save(&recording);
        assert!(file == save(&recording.clone()), "{name}");
        assert!(same(&load(&file).expect(name), &recording), "{name}");
    }
}

#[test]
fn what_is_no_recording_is_told_by_how_it_begins() {
    for (file, seen) in [
        (&b""[..], "this file is empty"),
        (
            b"{\"schema\": \"1.0\"}",
            "begins with \"{\"schema\": \"1.0\"",
        ),
        (b"\x7fELF\x1b[2J", "begins with"),
    ] {
        let (error, message) = refusal(file);
        assert!(error.is_not_recording(), "{message}");
        assert!(message.contains(seen), "{message}");
        assert!(message.contains("rightlane observe"), "{message}");
        assert!(!message.contains('\u{1b}'), "{message}");
    }
}

#[test]
fn compressed_text_and_foreign_json_are_no_recordings() {
    for json in [
        "plain text",
        "[1, 2]",
        "7",
        "{}",
        r#"{"recording": null}"#,
        "",
    ] {
        let (error, message) = refusal(&packed(json));
        assert!(error.is_not_recording(), "{json}: {message}");
    }
}

#[test]
fn another_major_version_is_named_and_another_minor_one_is_read() {
    let (error, message) = refusal(&packed(r#"{"recording": "2.0", "threads": {}}"#));
    assert!(error.is_other_version(), "{message}");
    assert!(message.contains("version 2.0"), "{message}");
    assert!(message.contains("reads version 1.0"), "{message}");
    let (error, message) = refusal(&changed("/recording", json!("\u{1b}[2J".repeat(99))));
    assert!(error.is_other_version() && message.len() < 300, "{message}");
    load(&changed("/recording", json!("1.7"))).expect("a later minor version");
}

#[test]
fn a_file_that_is_cut_short_or_altered_is_damaged() {
    let whole = save(&usual());
    for length in [3, 10, whole.len() / 2, whole.len() - 1] {
        let (error, message) = refusal(&whole[..length]);
        assert!(error.is_damaged(), "{length}: {message}");
        assert!(message.contains("cut short"), "{length}: {message}");
    }
    let mut altered = whole.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 0xff;
    assert!(refusal(&altered).0.is_damaged());
    let (error, message) = refusal(&changed("/processes/0/threads/0/tid", json!("x")));
    assert!(error.is_damaged(), "{message}");
}

#[test]
fn an_index_that_leads_nowhere_is_named() {
    for (pointer, seen) in [
        ("/stacks/1/0", "a stack names frame 99 of 4"),
        (
            "/processes/0/times/0/stack",
            "process 4711: something names stack 99 of 4",
        ),
        (
            "/processes/0/times/0/thread",
            "something names thread 99 of 2",
        ),
        (
            "/processes/0/times/1/detail",
            "something names detail 99 of 6",
        ),
        (
            "/processes/1/timeline/0/stack",
            "process 4811: something names stack 99 of 4",
        ),
        (
            "/processes/0/timeline/0/thread",
            "something names thread 99 of 2",
        ),
    ] {
        let (error, message) = refusal(&changed(pointer, json!(99)));
        assert!(error.is_damaged() && message.contains(seen), "{message}");
    }
    assert!(refusal(&save(&lost())).0.is_damaged());
}

#[test]
fn a_negative_time_is_refused() {
    let (error, message) = refusal(&changed("/processes/0/times/0/seconds", json!(-1.5)));
    assert!(
        error.is_damaged() && message.contains("-1.5 seconds"),
        "{message}"
    );
}

#[test]
fn deeply_nested_json_is_refused() {
    let (error, message) = refusal(&packed(&"[".repeat(1 << 20)));
    assert!(error.is_not_recording(), "{message}");
}

#[test]
fn awaits_and_stalls_are_checked_too() {
    let mut builder = Builder::new();
    builder.detail(WaitDetail::File {
        path: String::new(),
    });
    builder.process("python app.py");
    builder.last().awaits.push(rightlane_facts::Await {
        stack: 5,
        awaits: None,
        names: Vec::new(),
        tasks: 1.0,
        most: 1,
    });
    let (_, message) = refusal(&save(&builder.recording));
    assert!(message.contains("stack 5 of 1"), "{message}");
}
