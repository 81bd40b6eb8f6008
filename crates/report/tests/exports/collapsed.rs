//! Collapsed stacks, read by inferno.

use crate::agree;
use crate::builder::{every_recording, hostile, total, usual};
use inferno::flamegraph;
use rightlane_facts::Recording;
use rightlane_report::{Export, export};

fn collapsed(recording: &Recording) -> String {
    let file = export(recording, Export::Collapsed).expect("small");
    String::from_utf8(file).expect("text")
}

#[test]
fn a_line_leads_from_the_process_to_the_cause() {
    let text = collapsed(&usual());
    let fetch = "python app.py [4711];main thread [4711];<module> (/home/me/app.py:40);\
                 Client.fetch (/home/me/app.py:12);\
                 create_connection (/usr/lib/python3.13/socket.py:849)";
    let lock = "python app.py [4711];loader [4712];<module> (/home/me/app.py:40);\
                [waiting for locks or queues: a Queue held by put (/home/me/app.py:33)] 200000";
    let worker = "python worker.py [4811];main thread [4811];<module> (/home/me/app.py:40);\
                  Client.fetch (/home/me/app.py:14);[native code, GIL released] 700000";
    let expected = [
        &format!("{fetch};[waiting for sockets: connect to 10.0.0.3:443] 100000"),
        &format!("{fetch};[waiting for sockets: 10.0.0.3:443] 100000"),
        "python app.py [4711];main thread [4711];[waiting for sockets: poll] 333334",
        lock,
        worker,
    ];
    for line in expected {
        assert!(text.lines().any(|seen| seen == line), "{line}\nin\n{text}");
    }
}

#[test]
fn the_counts_of_every_recording_are_its_time() {
    for (name, recording) in every_recording() {
        let text = collapsed(&recording);
        let counts = text.lines().map(|line| {
            let (_, count) = line.rsplit_once(' ').expect("a count");
            count.parse::<u64>().expect("a whole number")
        });
        let seconds = counts.sum::<u64>() as f64 / 1e6;
        assert!(agree(seconds, total(&recording)), "{name}: {seconds}");
    }
}

#[test]
fn hostile_names_stay_one_frame_on_one_line() {
    let text = collapsed(&hostile());
    assert_eq!(text.lines().count(), 8);
    for line in text.lines() {
        assert_eq!(line.split(';').count(), 2 + 8 + 1, "{line}");
        assert!(!line.chars().any(char::is_control), "{line}");
    }
    assert!(
        text.contains("größe_日本語_🦀 (größe_日本語_🦀:4)"),
        "{text}"
    );
}

#[test]
fn inferno_draws_a_flame_graph_of_them() {
    for (name, recording) in every_recording() {
        let text = collapsed(&recording);
        if text.is_empty() {
            continue;
        }
        let mut options = flamegraph::Options::default();
        options.count_name = "microseconds".to_owned();
        let mut svg = Vec::new();
        flamegraph::from_lines(&mut options, text.lines(), &mut svg).expect(name);
        let svg = String::from_utf8(svg).expect("text");
        let microseconds = (total(&recording) * 1e6).round() as u64;
        let whole = format!("all ({} microseconds", grouped(microseconds));
        assert!(svg.contains(&whole), "{name}: {whole}");
        assert!(!svg.contains("<script>alert"), "{name}");
    }
}

fn grouped(number: u64) -> String {
    rightlane_facts::words::thousands(number)
}
