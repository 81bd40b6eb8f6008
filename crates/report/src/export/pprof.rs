//! pprof's `profile.proto`, gzip'ed: wall and CPU nanoseconds of each stack, labelled with process,
//! thread, cause and detail (`go tool pprof -tagfocus cause=socket`, `-tagleaf=cause`).

use super::parts::{self, Part, nanoseconds};
use super::profile_proto::{Function, Label, Line, Location, Mapping, Profile, Sample, ValueType};
use super::room::Room;
use super::{ExportError, names};
use crate::page::clean;
use prost::Message as _;
use rightlane_facts::{Recording, SampleFrame};
use std::collections::HashMap;

/// The only mapping: the program.
const PROGRAM: u64 = 1;

/// `recording` as a gzip'ed profile.
pub(super) fn pprof(recording: &Recording) -> Result<Vec<u8>, ExportError> {
    let mut tables = Tables::new();
    let wall = tables.value_type("wall");
    let cpu = tables.value_type("cpu");
    let sample = samples(recording, &mut tables)?;
    let mapping = Mapping {
        id: PROGRAM,
        filename: tables.text(&recording.program),
        // pprof would look for the program's symbols otherwise.
        has_functions: true,
        has_filenames: true,
        has_line_numbers: true,
    };
    let comment = comments(recording).map(|comment| tables.text(comment));
    let comment = comment.collect();
    let profile = Profile {
        sample_type: vec![wall, cpu],
        sample,
        mapping: vec![mapping],
        location: tables.locations,
        function: tables.functions,
        string_table: tables.strings,
        time_nanos: nanoseconds(recording.started),
        duration_nanos: nanoseconds(recording.wall_seconds),
        period_type: Some(wall),
        period: period(recording),
        comment,
        default_sample_type: wall.r#type,
    };
    Ok(crate::recording::gzip(&profile.encode_to_vec()))
}

/// The program's command line, and what could not be seen. pprof prints them above every report.
fn comments(recording: &Recording) -> impl Iterator<Item = &String> {
    let processes = recording.processes.iter();
    let doubts = processes.clone().flat_map(|process| &process.doubts);
    let commands = processes.take(1).map(|process| &process.command);
    let comments = commands.chain(&recording.doubts).chain(doubts);
    comments.filter(|comment| !comment.is_empty())
}

/// Nanoseconds between two looks at the program itself, 0 if there were none.
fn period(recording: &Recording) -> i64 {
    let rate = recording.processes.first();
    let rate = rate.map_or(0.0, |process| process.sampling.rate);
    if rate > 0.0 {
        nanoseconds(1.0 / rate)
    } else {
        0
    }
}

fn samples(recording: &Recording, tables: &mut Tables) -> Result<Vec<Sample>, ExportError> {
    let places = recording.frames.iter().map(|frame| tables.place(frame));
    let places: Vec<u64> = places.collect();
    let mut room = Room::new();
    let mut samples = Vec::new();
    for process in &recording.processes {
        let name = tables.label("process", &names::process(process));
        for (thread, parts) in parts::times(process) {
            let thread = tables.label("thread", &names::thread(process, thread));
            for part in parts {
                let stack = recording.stacks.get(part.stack as usize);
                let stack = stack.map_or(&[][..], Vec::as_slice);
                room.take((stack.len() + 1) * size_of::<u64>())?;
                let stack = stack.iter();
                let stack = stack.filter_map(|frame| places.get(*frame as usize).copied());
                let mut location_id: Vec<u64> = stack.collect();
                if location_id.is_empty() {
                    // pprof shows nothing of a sample without a place.
                    location_id.push(tables.no_place(recording, &part));
                }
                samples.push(Sample {
                    location_id,
                    value: values(&part),
                    label: labels(recording, &part, [name, thread], tables),
                });
            }
        }
    }
    Ok(samples)
}

fn values(part: &Part) -> Vec<i64> {
    let wall = nanoseconds(part.seconds);
    vec![wall, if parts::on_cpu(part.cause) { wall } else { 0 }]
}

fn labels(
    recording: &Recording,
    part: &Part,
    of_thread: [Label; 2],
    tables: &mut Tables,
) -> Vec<Label> {
    let mut labels = of_thread.to_vec();
    labels.push(tables.label("cause", part.cause.key()));
    if let Some(detail) = recording.detail(part.detail) {
        labels.push(tables.label("detail", &names::detail(detail)));
    }
    labels
}

/// The profile's tables, each entry once.
struct Tables {
    strings: Vec<String>,
    string_index: HashMap<String, i64>,
    functions: Vec<Function>,
    /// By name and file.
    function_ids: HashMap<(i64, i64), u64>,
    locations: Vec<Location>,
    /// By function and line.
    location_ids: HashMap<(u64, u32), u64>,
}

impl Tables {
    fn new() -> Self {
        Self {
            strings: vec![String::new()],
            string_index: HashMap::from([(String::new(), 0)]),
            functions: Vec::new(),
            function_ids: HashMap::new(),
            locations: Vec::new(),
            location_ids: HashMap::new(),
        }
    }

    fn text(&mut self, text: &str) -> i64 {
        let text = clean(text);
        if let Some(index) = self.string_index.get(&*text) {
            return *index;
        }
        let next = self.strings.len() as i64;
        self.strings.push(text.clone().into_owned());
        self.string_index.insert(text.into_owned(), next);
        next
    }

    fn value_type(&mut self, name: &str) -> ValueType {
        ValueType {
            r#type: self.text(name),
            unit: self.text("nanoseconds"),
        }
    }

    fn label(&mut self, key: &str, value: &str) -> Label {
        Label {
            key: self.text(key),
            str: self.text(value),
        }
    }

    /// The id of the location of `frame`.
    fn place(&mut self, frame: &SampleFrame) -> u64 {
        let name = names::function_name(&frame.function);
        self.location(&name, &frame.file, frame.line)
    }

    /// The id of a location that stands for a part without a stack.
    fn no_place(&mut self, recording: &Recording, part: &Part) -> u64 {
        let name = names::cause(recording, part.cause, part.detail);
        self.location(&name, "", 0)
    }

    fn location(&mut self, function: &str, file: &str, line: u32) -> u64 {
        let function_id = self.function(function, file);
        let next = self.locations.len() as u64 + 1;
        *self
            .location_ids
            .entry((function_id, line))
            .or_insert_with(|| {
                self.locations.push(Location {
                    id: next,
                    mapping_id: PROGRAM,
                    line: vec![Line {
                        function_id,
                        line: i64::from(line),
                    }],
                });
                next
            })
    }

    fn function(&mut self, name: &str, file: &str) -> u64 {
        let (name, filename) = (self.text(name), self.text(file));
        let next = self.functions.len() as u64 + 1;
        *self
            .function_ids
            .entry((name, filename))
            .or_insert_with(|| {
                self.functions.push(Function {
                    id: next,
                    name,
                    filename,
                });
                next
            })
    }
}
