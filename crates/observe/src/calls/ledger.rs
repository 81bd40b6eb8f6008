//! Reading the ledger that the observed process left. It could have been written by anybody with
//! the program's rights, or hold nonsense: every number is bounded, every index checked, and what
//! makes no sense is left out with a doubt instead of an error.

use super::even;
use super::plan::Plan;
use rightlane_facts::{CallRecord, IterationRecord, PickleFacts, PythonFacts, StartMethod};

/// More samples of one loop or call than the agent ever writes.
const MOST_SAMPLES: usize = 40_000;
/// Seconds (and bytes) beyond which a figure is nonsense.
const MOST_SECONDS: f64 = 1e9;
const MOST_BYTES: f64 = 1e18;
const LONGEST_TEXT: usize = 2_000;

/// What was seen from inside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallLedger {
    /// The interpreter, as it described itself.
    pub python: Option<PythonFacts>,
    /// Loops that were entered.
    pub iterations: Vec<IterationRecord>,
    /// Calls that were made.
    pub calls: Vec<CallRecord>,
    /// What could not be read.
    pub doubts: Vec<String>,
}

/// Reads a ledger written under `plan`.
#[must_use]
pub fn read(bytes: &[u8], plan: &Plan) -> CallLedger {
    let mut ledger = CallLedger::default();
    let mut reader = Reader { rest: bytes };
    if reader.line() != Some("rightlane-ledger 1") {
        ledger
            .doubts
            .push("the call ledger of the run is unreadable".into());
        return ledger;
    }
    while let Some(line) = reader.line() {
        if line == "end" {
            return ledger;
        }
        if record(line, &mut reader, plan, &mut ledger).is_none() {
            break;
        }
    }
    ledger
        .doubts
        .push("the call ledger of the run is incomplete".into());
    ledger
}

/// Iterations of all loops in a ledger, for showing progress.
pub(crate) fn count_iterations(bytes: &[u8]) -> u64 {
    let mut reader = Reader { rest: bytes };
    let mut total = 0_u64;
    while let Some(line) = reader.line() {
        let mut words = Words(line);
        if words.text() == Some("loop") {
            let Some(record) = iterations(&mut words, &mut reader) else {
                break;
            };
            total = total.saturating_add(record.iterations);
        }
    }
    total
}

fn record(line: &str, reader: &mut Reader<'_>, plan: &Plan, ledger: &mut CallLedger) -> Option<()> {
    let mut words = Words(line);
    match words.text()? {
        "python" => ledger.python = Some(python(&mut words)?),
        "loop" => {
            let record = iterations(&mut words, reader)?;
            let known = plan.loops.iter().any(|watch| watch.site == record.site);
            if known && record.entered > 0 {
                ledger.iterations.push(record);
            }
        }
        "call" => {
            let record = call(&mut words, reader)?;
            let known =
                |watch: &super::CallWatch| watch.site == record.site && watch.call == record.call;
            if plan.calls.iter().any(known) && !record.samples.is_empty() {
                ledger.calls.push(record);
            }
        }
        "unmatched" => {
            let count: u32 = words.number()?;
            ledger.doubts.push(format!(
                "{count} loops or calls were not found where the source says, so they were not counted"
            ));
        }
        _ => return None,
    }
    Some(())
}

fn python(words: &mut Words<'_>) -> Option<PythonFacts> {
    let version = (words.number()?, words.number()?, words.number()?);
    let gil = words.number::<u8>()? != 0;
    let build = words.hidden()?;
    Some(PythonFacts {
        version,
        gil,
        build,
        executable: words.hidden()?,
        default_start_method: default_start_method(version),
    })
}

/// What `multiprocessing` uses on Linux when no method is named.
pub(crate) fn default_start_method(version: (u32, u32, u32)) -> StartMethod {
    if cfg!(not(target_os = "linux")) {
        StartMethod::Spawn
    } else if version >= (3, 14, 0) {
        StartMethod::Forkserver
    } else {
        StartMethod::Fork
    }
}

fn iterations(words: &mut Words<'_>, reader: &mut Reader<'_>) -> Option<IterationRecord> {
    let site = words.number()?;
    let entered = words.number()?;
    let iterations: u64 = words.number()?;
    let exact = words.number::<u8>()? != 0;
    let timed: u64 = words.number()?;
    let wall = words.figure(MOST_SECONDS)?;
    let count = words.count()?;
    let indices = reader.doubles(count, f64::MAX)?;
    let walls = reader.doubles(count, MOST_SECONDS)?;
    let cpus = reader.doubles(count, MOST_SECONDS)?;
    let samples: Vec<(f64, f64)> = walls.into_iter().zip(cpus).collect();
    Some(IterationRecord {
        site,
        entered,
        iterations,
        exact,
        // Entries that were only counted took as long as the others, by iteration.
        wall_seconds: if timed > 0 {
            (wall * iterations as f64 / timed as f64).min(MOST_SECONDS)
        } else {
            0.0
        },
        wall_estimated: timed < iterations,
        samples: even::evened(&indices, samples, iterations),
    })
}

fn call(words: &mut Words<'_>, reader: &mut Reader<'_>) -> Option<CallRecord> {
    let site = words.number()?;
    let call = words.number()?;
    let count = words.count()?;
    let walls = reader.doubles(count, MOST_SECONDS)?;
    let cpus = reader.doubles(count, MOST_SECONDS)?;
    Some(CallRecord {
        site,
        call,
        samples: walls.into_iter().zip(cpus).collect(),
        arguments: pickle(reader.line()?)?,
        result: pickle(reader.line()?)?,
        callee: pickle(reader.line()?)?,
    })
}

fn pickle(line: &str) -> Option<PickleFacts> {
    let mut words = Words(line);
    if words.text()? != "pickle" {
        return None;
    }
    let facts = PickleFacts {
        tried: words.number()?,
        bytes: words.figure(MOST_BYTES)?,
        largest: words.figure(MOST_BYTES)?,
        seconds: words.figure(MOST_SECONDS)?,
        buffer_bytes: words.figure(MOST_BYTES)?,
        error: Some(words.hidden()?).filter(|text| !text.is_empty()),
    };
    Some(facts)
}

/// The words of a line, read one by one.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn text(&mut self) -> Option<&'a str> {
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest;
        Some(word).filter(|word| !word.is_empty())
    }

    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    fn count(&mut self) -> Option<usize> {
        self.number().filter(|count| *count <= MOST_SAMPLES)
    }

    fn figure(&mut self, most: f64) -> Option<f64> {
        self.number().filter(|figure| (0.0..=most).contains(figure))
    }

    /// A text in hexadecimal, `-` if empty.
    fn hidden(&mut self) -> Option<String> {
        let word = self.text()?;
        if word == "-" {
            return Some(String::new());
        }
        let digits = word.as_bytes();
        let bytes: Option<Vec<u8>> = digits
            .chunks_exact(2)
            .take(LONGEST_TEXT)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        Some(String::from_utf8_lossy(&bytes?).into_owned())
    }
}

/// What is left of the file.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> Option<&'a str> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..)?;
        std::str::from_utf8(line).ok()
    }

    /// So many doubles, each after its type as `marshal` writes it; one that is no number from 0
    /// to `most` counts as 0.
    fn doubles(&mut self, count: usize, most: f64) -> Option<Vec<f64>> {
        const MARSHALLED: usize = 9;
        let (bytes, rest) = self.rest.split_at_checked(count.checked_mul(MARSHALLED)?)?;
        self.rest = rest;
        let figures = bytes.chunks_exact(MARSHALLED).map(|chunk| {
            let (kind, number) = chunk.split_first()?;
            let figure = number.try_into().map(f64::from_le_bytes).ok()?;
            let possible = *kind == b'g' && (0.0..=most).contains(&figure);
            Some(if possible { figure } else { 0.0 })
        });
        figures.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::{CallWatch, LoopKind, LoopWatch};
    use rightlane_facts::Span;

    fn plan() -> Plan {
        let span = Span {
            line: 1,
            column: 0,
            end_line: 1,
            end_column: 1,
        };
        Plan {
            files: vec!["/x.py".into()],
            main: Some(0),
            loops: vec![LoopWatch {
                file: 0,
                site: 4,
                kind: LoopKind::Direct,
                exits: false,
                tight: false,
                iterable: span,
            }],
            calls: vec![CallWatch {
                file: 0,
                site: 4,
                call: 1,
                span,
                mapped: false,
            }],
            captures: Vec::new(),
        }
    }

    fn marshalled(figure: f64) -> Vec<u8> {
        [b"g".as_slice(), &figure.to_le_bytes()].concat()
    }

    fn whole() -> Vec<u8> {
        let mut bytes =
            b"rightlane-ledger 1\npython 3 13 0 1 3a29 2f70\nloop 4 2 7 1 7 0.5 2\n".to_vec();
        for figure in [0.0, 1.0, 0.25, f64::NAN, 0.125, -1.0] {
            bytes.extend(marshalled(figure));
        }
        bytes.extend(b"call 4 1 1\n");
        bytes.extend([0.5, 0.25].into_iter().flat_map(marshalled));
        bytes.extend(b"pickle 2 10.0 12.0 1e-06 0.0 -\npickle 1 0.0 0.0 0.0 0.0 6e6f\n");
        bytes.extend(b"pickle 0 0.0 0.0 0.0 0.0 -\nend\n");
        bytes
    }

    #[test]
    fn a_whole_ledger_is_read_and_its_nonsense_figures_count_as_nothing() {
        let ledger = read(&whole(), &plan());
        assert_eq!(ledger.doubts, Vec::<String>::new());
        assert_eq!(
            ledger.python.as_ref().map(|python| python.version),
            Some((3, 13, 0))
        );
        assert_eq!(ledger.iterations[0].iterations, 7);
        assert_eq!(ledger.iterations[0].samples, [(0.25, 0.125), (0.0, 0.0)]);
        assert_eq!(ledger.calls[0].samples, [(0.5, 0.25)]);
        assert_eq!(ledger.calls[0].result.error.as_deref(), Some("no"));
    }

    #[test]
    fn a_ledger_cut_anywhere_or_with_any_byte_changed_never_panics() {
        let whole = whole();
        for end in 0..whole.len() {
            assert!(!read(&whole[..end], &plan()).doubts.is_empty());
        }
        for at in 0..whole.len() {
            for change in [0x00, 0x20, 0x39, 0xff] {
                let mut broken = whole.clone();
                broken[at] = change;
                let _ = read(&broken, &plan());
            }
        }
    }

    #[test]
    fn records_of_sites_that_were_not_planned_are_left_out() {
        assert!(read(&whole(), &Plan::default()).iterations.is_empty());
        assert!(read(&whole(), &Plan::default()).calls.is_empty());
    }

    #[test]
    fn a_count_beyond_the_file_is_refused_without_allocating_it() {
        let bytes = b"rightlane-ledger 1\nloop 4 2 7 1 7 0.5 18446744073709551615\nend\n";
        assert_eq!(read(bytes, &plan()).doubts.len(), 1);
    }
}
