//! pprof's profiles, read with messages of their own: what is written must be what the published
//! numbers of the fields say.

use crate::agree;
use crate::builder::{every_recording, hostile, total, usual};
use flate2::read::GzDecoder;
use prost::Message;
use rightlane_facts::Recording;
use rightlane_report::{Export, export};
use std::collections::{BTreeMap, HashSet};
use std::io::Read;

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<Pair>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    strings: Vec<String>,
    #[prost(int64, tag = "9")]
    time_nanos: i64,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(int64, tag = "12")]
    period: i64,
    #[prost(int64, repeated, tag = "13")]
    comment: Vec<i64>,
    #[prost(int64, tag = "14")]
    default_sample_type: i64,
}

/// A value type or a label.
#[derive(Clone, PartialEq, Message)]
struct Pair {
    #[prost(int64, tag = "1")]
    first: i64,
    #[prost(int64, tag = "2")]
    second: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    label: Vec<Pair>,
}

#[derive(Clone, PartialEq, Message)]
struct Mapping {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "5")]
    filename: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    mapping: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

fn pprof(recording: &Recording) -> Profile {
    let file = export(recording, Export::Pprof).expect("small");
    let mut bytes = Vec::new();
    GzDecoder::new(&*file)
        .read_to_end(&mut bytes)
        .expect("gzip");
    Profile::decode(&*bytes).expect("a profile")
}

impl Profile {
    fn text(&self, index: i64) -> &str {
        &self.strings[usize::try_from(index).expect("an index")]
    }

    fn labels(&self, sample: &Sample) -> BTreeMap<&str, &str> {
        let pairs = sample.label.iter();
        pairs
            .map(|pair| (self.text(pair.first), self.text(pair.second)))
            .collect()
    }

    /// `FUNCTION FILE:LINE` of the sample's places, innermost first.
    fn places(&self, sample: &Sample) -> Vec<String> {
        let place = |id: &u64| {
            let location = self
                .location
                .iter()
                .find(|one| one.id == *id)
                .expect("a location");
            assert!(self.mapping.iter().any(|one| one.id == location.mapping));
            let [line] = &location.line[..] else {
                panic!("one line: {location:?}");
            };
            let function = self.function.iter().find(|one| one.id == line.function);
            let function = function.expect("a function");
            let (name, file) = (self.text(function.name), self.text(function.filename));
            format!("{name} {file}:{}", line.line)
        };
        sample.location.iter().map(place).collect()
    }

    fn seconds(&self, value: usize) -> f64 {
        let values = self.sample.iter().map(|sample| sample.value[value]);
        values.map(|nanoseconds| nanoseconds as f64 / 1e9).sum()
    }
}

#[test]
fn a_sample_has_its_stack_its_values_and_its_labels() {
    let profile = pprof(&usual());
    let connects =
        |sample: &&Sample| profile.labels(sample).get("detail") == Some(&"connect to 10.0.0.3:443");
    let sample = profile.sample.iter().find(connects).expect("a sample");
    assert_eq!(
        profile.places(sample),
        [
            "create_connection /usr/lib/python3.13/socket.py:849",
            "Client.fetch /home/me/app.py:12",
            "<module> /home/me/app.py:40",
        ]
    );
    assert_eq!(sample.value, [100_000_000, 0]);
    let labels = profile.labels(sample);
    assert_eq!(labels["process"], "python app.py [4711]");
    assert_eq!(labels["thread"], "main thread [4711]");
    assert_eq!(labels["cause"], "socket");
}

#[test]
fn the_head_names_the_values_the_program_and_its_time() {
    let profile = pprof(&usual());
    let types = profile.sample_type.iter();
    let types: Vec<_> = types
        .map(|one| (profile.text(one.first), profile.text(one.second)))
        .collect();
    assert_eq!(types, [("wall", "nanoseconds"), ("cpu", "nanoseconds")]);
    assert_eq!(profile.text(profile.default_sample_type), "wall");
    assert_eq!(profile.text(profile.mapping[0].filename), "app.py");
    // As exactly as seconds since 1970 can be kept.
    let off = profile.time_nanos - 1_750_000_000_250_000_000;
    assert!(off.abs() < 1_000, "{off}");
    assert_eq!(profile.duration_nanos, 2_500_000_000);
    assert_eq!(profile.period, 5_000_000);
    let comments = profile.comment.iter().map(|text| profile.text(*text));
    assert!(comments.eq(["python app.py", "one thread could not be seen"]));
}

#[test]
fn no_function_has_a_system_name_that_pprof_would_demangle() {
    // It would show `<module>` and `<lambda>` as nothing.
    let profile = pprof(&usual());
    let name = |function: &Function| profile.text(function.name).to_owned();
    assert!(
        profile
            .function
            .iter()
            .any(|function| name(function) == "<module>")
    );
    assert!(
        profile
            .function
            .iter()
            .all(|function| function.system_name == 0)
    );
}

#[test]
fn the_values_of_every_recording_are_its_time() {
    for (name, recording) in every_recording() {
        let wall = pprof(&recording).seconds(0);
        assert!(agree(wall, total(&recording)), "{name}: {wall}");
    }
    let cpu = pprof(&usual()).seconds(1);
    // Python code 0.1 + 0.1 + 0.2, the kernel a third, released native code 0.7.
    assert!(agree(cpu, 0.4 + 1.0 / 3.0 + 0.7), "{cpu}");
}

#[test]
fn every_table_holds_each_entry_once_and_no_sample_is_without_a_place() {
    for (name, recording) in every_recording() {
        let profile = pprof(&recording);
        assert_eq!(profile.strings[0], "", "{name}");
        let once: HashSet<_> = profile.strings.iter().collect();
        assert_eq!(once.len(), profile.strings.len(), "{name}");
        let ids: HashSet<_> = profile.location.iter().map(|one| one.id).collect();
        assert_eq!(ids.len(), profile.location.len(), "{name}");
        assert!(!ids.contains(&0), "{name}");
        for sample in &profile.sample {
            assert!(!profile.places(sample).is_empty(), "{name}");
        }
    }
}

#[test]
fn hostile_names_lose_their_control_characters() {
    let profile = pprof(&hostile());
    let control = |text: &&String| text.chars().any(char::is_control);
    assert_eq!(profile.strings.iter().find(control), None);
}
