//! speedscope's file format, by its published description.

use crate::agree;
use crate::builder::{every_recording, hostile, timeline_total, total, truncated, usual};
use rightlane_facts::Recording;
use rightlane_report::{Export, export};
use serde_json::Value;

fn speedscope(recording: &Recording) -> Value {
    let file = export(recording, Export::Speedscope).expect("small");
    serde_json::from_slice(&file).expect("JSON")
}

fn profiles(file: &Value) -> &Vec<Value> {
    file["profiles"].as_array().expect("profiles")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().expect("a list")
}

fn weight(profile: &Value) -> f64 {
    list(profile, "weights")
        .iter()
        .filter_map(Value::as_f64)
        .sum()
}

/// The names of the frames of sample number `sample`, outermost first.
fn names<'a>(file: &'a Value, profile: &Value, sample: usize) -> Vec<&'a str> {
    let sample = profile["samples"][sample].as_array().expect("a sample");
    let frame =
        |index: &Value| &file["shared"]["frames"][index.as_u64().expect("an index") as usize];
    let names = sample
        .iter()
        .map(|index| frame(index)["name"].as_str().expect("a name"));
    names.collect()
}

#[test]
fn each_thread_is_a_profile_in_the_order_of_time() {
    let file = speedscope(&usual());
    let titles: Vec<_> = profiles(&file)
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(
        titles,
        [
            "main thread [4711], python app.py [4711]",
            "loader [4712], python app.py [4711]",
            "main thread [4811], python worker.py [4811]",
        ]
    );
    let main = &profiles(&file)[0];
    assert_eq!(names(&file, main, 0), ["<module>", "[Python code]"]);
    let fetch = ["<module>", "Client.fetch", "create_connection"];
    assert_eq!(names(&file, main, 1)[..3], fetch);
    assert_eq!(
        names(&file, main, 1)[3],
        "[waiting for sockets: connect to 10.0.0.3:443]"
    );
    assert_eq!(names(&file, main, 7), ["[waiting for sockets: poll]"]);
    let frames = list(&file["shared"], "frames");
    let fetch = frames
        .iter()
        .find(|frame| frame["line"] == 12)
        .expect("line 12");
    assert_eq!(fetch["file"], "/home/me/app.py");
}

#[test]
fn every_recording_gives_a_file_as_it_is_described() {
    for (name, recording) in every_recording() {
        let file = speedscope(&recording);
        assert_eq!(
            file["$schema"],
            "https://www.speedscope.app/file-format-schema.json"
        );
        let frames = list(&file["shared"], "frames");
        for profile in profiles(&file) {
            assert_eq!(profile["type"], "sampled");
            assert_eq!(profile["unit"], "seconds");
            let (samples, weights) = (list(profile, "samples"), list(profile, "weights"));
            assert_eq!(samples.len(), weights.len());
            let indexes = samples
                .iter()
                .flat_map(|sample| sample.as_array().expect("indexes"));
            for index in indexes {
                assert!(
                    index.as_u64().expect("an index") < frames.len() as u64,
                    "{name}"
                );
            }
            let whole = profile["endValue"].as_f64().expect("seconds");
            assert!(agree(weight(profile), whole), "{name}");
        }
    }
}

#[test]
fn the_weights_are_the_recordings_time() {
    for recording in [usual(), hostile()] {
        let weight: f64 = profiles(&speedscope(&recording)).iter().map(weight).sum();
        assert!(agree(weight, total(&recording)), "{weight}");
    }
}

#[test]
fn a_thread_with_a_part_of_its_timeline_says_so_and_one_without_shows_its_times() {
    let recording = truncated();
    let file = speedscope(&recording);
    let [part, whole] = &profiles(&file)[..] else {
        panic!("two threads: {file}");
    };
    assert!(agree(weight(part), timeline_total(&recording)));
    assert!(agree(weight(whole), 0.75));
    let title = |profile: &Value| profile["name"].as_str().expect("a name").to_owned();
    assert!(title(part).ends_with("(40 µs of 400 µs; there was no room for more)"));
    assert!(title(whole).ends_with("(not in the order of time)"));
}
