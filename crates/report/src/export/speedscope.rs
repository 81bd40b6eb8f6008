//! speedscope's own file format: <https://www.speedscope.app/file-format-schema.json>.

use super::parts::{self, Part, Parts};
use super::room::{self, Room};
use super::{ExportError, names};
use rightlane_facts::{ProcessRecord, Recording, SampleFrame, WaitCause, words};
use serde::Serialize;
use std::collections::HashMap;
use std::rc::Rc;

#[derive(Serialize)]
struct File {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: &'static str,
    name: String,
    shared: Shared,
    profiles: Vec<Profile>,
}

#[derive(Serialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Frame {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    r#type: &'static str,
    name: String,
    unit: &'static str,
    start_value: f64,
    end_value: f64,
    /// Outermost first. The same stack is kept once, however often it comes.
    samples: Vec<Rc<[u32]>>,
    weights: Vec<f64>,
}

/// `recording` as one profile for each thread that has any time.
pub(super) fn speedscope(recording: &Recording) -> Result<Vec<u8>, ExportError> {
    let mut samples = Samples::new(recording);
    let mut profiles = Vec::new();
    for process in &recording.processes {
        let (times, mut timeline) = (parts::times(process), parts::timeline(process));
        for thread in threads(&times, &timeline) {
            let all = times.get(&thread).map_or(&[][..], Vec::as_slice);
            let ordered = timeline.remove(&thread);
            let name = profile_name(process, thread, ordered.as_deref(), all);
            profiles.push(profile(
                name,
                ordered.as_deref().unwrap_or(all),
                &mut samples,
            )?);
        }
    }
    room::json(&File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: "rightlane",
        name: crate::page::clean(&recording.program).into_owned(),
        shared: Shared {
            frames: samples.frames.all,
        },
        profiles,
    })
}

/// The threads in one of the two, in their order.
fn threads(times: &Parts, timeline: &Parts) -> Vec<u32> {
    let mut threads: Vec<u32> = times.keys().chain(timeline.keys()).copied().collect();
    threads.sort_unstable();
    threads.dedup();
    threads
}

/// The thread's name, and whether the profile is in the order of time and all of it.
fn profile_name(
    process: &ProcessRecord,
    thread: u32,
    ordered: Option<&[Part]>,
    all: &[Part],
) -> String {
    let name = format!(
        "{}, {}",
        names::thread(process, thread),
        names::process(process)
    );
    let total = parts::total(all);
    match ordered.map(parts::total) {
        None => format!("{name} (not in the order of time)"),
        // A hundredth less is rounding and the edges of stretches, not a lack of room.
        Some(part) if part < 0.99 * total => {
            let (part, total) = (words::seconds(part), words::seconds(total));
            format!("{name} ({part} of {total}; there was no room for more)")
        }
        Some(_) => name,
    }
}

fn profile(
    name: String,
    parts: &[Part],
    samples: &mut Samples<'_>,
) -> Result<Profile, ExportError> {
    let stacks: Result<Vec<_>, _> = parts.iter().map(|part| samples.sample(part)).collect();
    Ok(Profile {
        r#type: "sampled",
        name,
        unit: "seconds",
        start_value: 0.0,
        end_value: parts::total(parts),
        samples: stacks?,
        weights: parts.iter().map(|part| part.seconds).collect(),
    })
}

/// Frames and samples, each kept once.
struct Samples<'a> {
    recording: &'a Recording,
    frames: Frames,
    /// The recording's frames among `frames`.
    places: Vec<u32>,
    known: HashMap<(u32, WaitCause, Option<u32>), Rc<[u32]>>,
    room: Room,
}

impl<'a> Samples<'a> {
    fn new(recording: &'a Recording) -> Self {
        let mut frames = Frames::default();
        let places = recording
            .frames
            .iter()
            .map(|frame| frames.index(shown(frame)));
        let places = places.collect();
        Self {
            recording,
            frames,
            places,
            known: HashMap::new(),
            room: Room::new(),
        }
    }

    fn sample(&mut self, part: &Part) -> Result<Rc<[u32]>, ExportError> {
        let key = (part.stack, part.cause, part.detail);
        if let Some(sample) = self.known.get(&key) {
            return Ok(Rc::clone(sample));
        }
        let stack = self.recording.stacks.get(part.stack as usize);
        let stack = stack.map_or(&[][..], Vec::as_slice);
        self.room.take((stack.len() + 1) * size_of::<u32>())?;
        let leaf = self.frames.index(Frame {
            name: names::cause(self.recording, part.cause, part.detail),
            file: None,
            line: None,
        });
        let stack = stack.iter().rev();
        let stack = stack.filter_map(|frame| self.places.get(*frame as usize).copied());
        let sample: Rc<[u32]> = stack.chain([leaf]).collect();
        self.known.insert(key, Rc::clone(&sample));
        Ok(sample)
    }
}

#[derive(Default)]
struct Frames {
    all: Vec<Frame>,
    index: HashMap<Frame, u32>,
}

impl Frames {
    fn index(&mut self, frame: Frame) -> u32 {
        let next = self.all.len() as u32;
        *self.index.entry(frame).or_insert_with_key(|frame| {
            self.all.push(frame.clone());
            next
        })
    }
}

fn shown(frame: &SampleFrame) -> Frame {
    let file = crate::page::clean(&frame.file);
    Frame {
        name: names::function_name(&frame.function),
        file: (!file.is_empty()).then(|| file.into_owned()),
        line: (frame.line > 0).then_some(frame.line),
    }
}
