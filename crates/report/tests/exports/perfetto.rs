//! Trace events, by the published description of their fields.

use crate::agree;
use crate::builder::{Builder, every_recording, hostile, timeline_total, truncated, usual};
use rightlane_facts::{Recording, WaitCause};
use rightlane_report::{Export, export};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Thread ids of tracks of functions begin here.
const FUNCTIONS: u64 = 1 << 22;

fn events(recording: &Recording) -> Vec<Value> {
    let file = export(recording, Export::Perfetto).expect("small");
    let mut file: Value = serde_json::from_slice(&file).expect("JSON");
    let Value::Array(events) = file["traceEvents"].take() else {
        panic!("events: {file}");
    };
    events
}

fn of_track(events: &[Value], tid: u64) -> Vec<&Value> {
    let complete = events.iter().filter(|event| event["ph"] == "X");
    complete.filter(|event| event["tid"] == tid).collect()
}

fn name(event: &Value) -> &str {
    event["name"].as_str().expect("a name")
}

fn number(event: &Value, key: &str) -> f64 {
    event[key].as_f64().expect("a number")
}

#[test]
fn tracks_have_their_threads_names_and_processes_theirs() {
    let events = events(&usual());
    let named = |kind: &str| -> Vec<(u64, String)> {
        let of_kind = events.iter().filter(|event| event["name"] == kind);
        let pair = |event: &Value| {
            let name = event["args"]["name"].as_str().expect("a name");
            (event["tid"].as_u64().expect("an id"), name.to_owned())
        };
        of_kind.map(pair).collect()
    };
    let processes = named("process_name");
    let expected = [
        (4711, "python app.py [4711]"),
        (4811, "python worker.py [4811]"),
    ];
    assert_eq!(processes, expected.map(|(id, name)| (id, name.to_owned())));
    let threads = named("thread_name");
    let expected = [
        (4711, "main thread [4711]"),
        (4711 + FUNCTIONS, "main thread [4711]: functions"),
        (4712, "loader [4712]"),
        (4712 + FUNCTIONS, "loader [4712]: functions"),
        (4811, "main thread [4811]"),
        (4811 + FUNCTIONS, "main thread [4811]: functions"),
    ];
    assert_eq!(threads, expected.map(|(id, name)| (id, name.to_owned())));
}

#[test]
fn a_stretch_is_an_event_with_its_cause_stack_and_detail() {
    let events = events(&usual());
    let main = of_track(&events, 4711);
    assert_eq!(main.len(), 8);
    assert_eq!(main[1]["cat"], "socket");
    assert_eq!(name(main[1]), "waiting for sockets");
    assert!(agree(number(main[1], "ts"), 100_000.0));
    assert!(agree(number(main[1], "dur"), 100_000.0));
    assert_eq!(
        main[1]["args"],
        json!({
            "stack": [
                "create_connection (/usr/lib/python3.13/socket.py:849)",
                "Client.fetch (/home/me/app.py:12)",
                "<module> (/home/me/app.py:40)",
            ],
            "detail": "connect to 10.0.0.3:443",
        })
    );
}

#[test]
fn functions_of_the_program_last_until_they_are_left() {
    let events = events(&usual());
    let functions = of_track(&events, 4711 + FUNCTIONS);
    let shown: Vec<_> = functions
        .iter()
        .map(|event| (name(event), number(event, "ts"), number(event, "dur")))
        .collect();
    // Two sockets, then two stretches at another line of the same function; the library's own
    // function is not shown; between 0.6 s and 1 s nothing was seen.
    assert_eq!(
        shown,
        [
            ("<module>", 0.0, 600_000.0),
            ("Client.fetch", 100_000.0, 400_000.0),
            ("<module>", 1_000_000.0, 333_333.0),
        ]
    );
}

#[test]
fn counters_follow_the_threads_that_run_and_wait_for_the_gil() {
    let mut builder = Builder::new();
    builder
        .process("python app.py")
        .thread("", true)
        .thread("", false);
    let (python, wait) = (WaitCause::PythonGil, WaitCause::GilWait);
    builder.row(0, 0.0, 1.0, &[(python, 0, None), (wait, 0, None)]);
    builder.row(1, 0.0, 1.0, &[(wait, 0, None), (python, 0, None)]);
    builder.row(0, 2.0, 1.0, &[(python, 0, None)]);
    let events = events(&builder.recording);
    let counters = events.iter().filter(|event| event["ph"] == "C");
    let shown: Vec<_> = counters
        .map(|event| (number(event, "ts") / 1e6, event["args"].clone()))
        .collect();
    let both = |running: u32, gil: u32| json!({"running": running, "waiting for the GIL": gil});
    // At one second the two change places: nothing to show.
    assert_eq!(
        shown,
        [(0.0, both(1, 1)), (2.0, both(1, 0)), (3.0, both(0, 0))]
    );
}

#[test]
fn the_events_of_a_recording_are_its_timeline() {
    for recording in [usual(), hostile(), truncated()] {
        let events = events(&recording);
        let complete = events.iter().filter(|event| event["ph"] == "X");
        let causes = complete.filter(|event| event["cat"] != "function");
        let (mut count, mut seconds) = (0.0, 0.0);
        for event in causes {
            count += 1.0;
            seconds += number(event, "dur") / 1e6;
        }
        let off = seconds - timeline_total(&recording);
        // Each end is rounded to microseconds.
        assert!(off.abs() <= count * 1e-6, "{off}");
    }
}

#[test]
fn every_event_is_as_described_and_those_of_a_track_nest() {
    for (recording_name, recording) in every_recording() {
        let events = events(&recording);
        let mut tracks: BTreeMap<(u64, u64), Vec<(i64, i64)>> = BTreeMap::new();
        for event in &events {
            let id = |key: &str| event[key].as_u64().filter(|id| *id <= u64::from(u32::MAX));
            let track = (id("pid").expect("an id"), id("tid").expect("an id"));
            assert!(!name(event).is_empty(), "{recording_name}: {event}");
            assert!(event["args"].is_object(), "{recording_name}: {event}");
            if event["ph"] == "X" {
                let start = event["ts"].as_i64().expect("whole microseconds");
                let end = start + event["dur"].as_i64().expect("whole microseconds");
                assert!(start >= 0 && end > start, "{recording_name}: {event}");
                tracks.entry(track).or_default().push((start, end));
            } else {
                assert!(event["ph"] == "M" || event["ph"] == "C", "{event}");
            }
        }
        for (track, spans) in tracks {
            assert!(nest(&spans), "{recording_name}: {track:?}");
        }
    }
}

/// Whether each span, in the order in which they are written, lies within the open one around it.
fn nest(spans: &[(i64, i64)]) -> bool {
    let mut open: Vec<i64> = Vec::new();
    let mut last = 0;
    spans.iter().all(|(start, end)| {
        while open.last().is_some_and(|open| open <= start) {
            open.pop();
        }
        let fits = open.last().is_none_or(|open| end <= open) && *start >= last;
        open.push(*end);
        last = *start;
        fits
    })
}
