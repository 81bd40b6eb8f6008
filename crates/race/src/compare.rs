//! Whether two outputs are equal, and where they are not.

use crate::effects::clean;
use crate::error::{At, RaceError};
use crate::setup::OutputEqual;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where a variant's output first differs from the reference's. Lines are shortened and cleaned of
/// control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In what.
    pub place: Where,
    /// The line, from 1, where lines have an order.
    pub line: Option<u64>,
    /// What the reference has there; none: nothing.
    pub reference: Option<String>,
    /// What the variant has there; none: nothing.
    pub variant: Option<String>,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The exit status.
    Status,
    /// A file, by its path from the root.
    File(PathBuf),
}

impl Display for Where {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("stdout"),
            Self::Stderr => f.write_str("stderr"),
            Self::Status => f.write_str("exit status"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        let shown = |text: &Option<String>| match text {
            Some(text) => format!("`{text}`"),
            None => "nothing".to_owned(),
        };
        let (expected, found) = (shown(&self.reference), shown(&self.variant));
        write!(f, ": {found} instead of {expected}")
    }
}

/// Characters of a line that are shown.
const SHOWN: usize = 120;
/// Bytes of a line that are read to be compared as one; what is longer is compared in pieces.
const LINE: u64 = 1 << 20;
/// Bytes of a stream that are held in memory where lines are to be sorted.
const SORTED: u64 = 64 << 20;

/// Compares what two runs printed; `reference` and `variant` are folders with `stdout` and `stderr`.
pub(crate) fn outputs(
    rule: &OutputEqual,
    reference: &Path,
    variant: &Path,
    directory: &Path,
) -> Result<Option<Difference>, RaceError> {
    if let OutputEqual::Command(line) = rule {
        return command(
            line,
            &reference.join("stdout"),
            &variant.join("stdout"),
            directory,
        );
    }
    for (place, name) in [(Where::Stdout, "stdout"), (Where::Stderr, "stderr")] {
        let (left, right) = (reference.join(name), variant.join(name));
        let difference = match rule {
            OutputEqual::Exact => exact(&place, &left, &right)?,
            OutputEqual::Sorted => sorted(&place, &left, &right)?,
            OutputEqual::Unordered => unordered(&place, &left, &right)?,
            OutputEqual::Ignore | OutputEqual::Command(_) => None,
        };
        if difference.is_some() {
            return Ok(difference);
        }
    }
    Ok(None)
}

/// Compares two files line by line, however large.
pub(crate) fn exact(
    place: &Where,
    reference: &Path,
    variant: &Path,
) -> Result<Option<Difference>, RaceError> {
    let mut left = BufReader::new(File::open(reference).at(reference)?);
    let mut right = BufReader::new(File::open(variant).at(variant)?);
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    let mut line = 1;
    loop {
        next_line(&mut left, &mut expected).at(reference)?;
        next_line(&mut right, &mut found).at(variant)?;
        if expected != found {
            return Ok(Some(differ(place, Some(line), &expected, &found)));
        }
        if expected.is_empty() {
            return Ok(None);
        }
        line += u64::from(expected.ends_with(b"\n"));
    }
}

fn next_line(file: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    line.clear();
    file.take(LINE).read_until(b'\n', line).map(drop)
}

fn differ(place: &Where, line: Option<u64>, expected: &[u8], found: &[u8]) -> Difference {
    // Around the first difference, where it is far along the line.
    let same = expected
        .iter()
        .zip(found)
        .take_while(|(a, b)| a == b)
        .count();
    let from = if same > SHOWN / 2 {
        same - SHOWN / 3
    } else {
        0
    };
    let shown = |text: &[u8]| {
        let part = text.get(from..).unwrap_or_default();
        let part = part.get(..4 * SHOWN).unwrap_or(part);
        let part = String::from_utf8_lossy(part);
        let lead = if from > 0 { "…" } else { "" };
        let whole = clean(part.strip_suffix('\n').unwrap_or(&part), SHOWN);
        (!text.is_empty()).then(|| format!("{lead}{whole}"))
    };
    Difference {
        place: place.clone(),
        line,
        reference: shown(expected),
        variant: shown(found),
    }
}

/// The lines of a file, or none where it is too large to sort.
fn lines(path: &Path) -> Result<Option<Vec<Vec<u8>>>, RaceError> {
    if fs::metadata(path).at(path)?.len() > SORTED {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SORTED).read_to_end(&mut bytes))
        .at(path)?;
    Ok(Some(
        bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| line.trim_ascii_end().to_vec())
            .collect(),
    ))
}

fn too_large(place: &Where) -> Difference {
    Difference {
        place: place.clone(),
        line: None,
        reference: Some("at most 64 MiB, to be sorted".to_owned()),
        variant: Some("more output than that".to_owned()),
    }
}

fn sorted(
    place: &Where,
    reference: &Path,
    variant: &Path,
) -> Result<Option<Difference>, RaceError> {
    let (Some(mut left), Some(mut right)) = (lines(reference)?, lines(variant)?) else {
        return Ok(Some(too_large(place)));
    };
    left.sort();
    right.sort();
    let longest = left.len().max(right.len());
    let at = |lines: &[Vec<u8>], number: usize| lines.get(number).cloned();
    let first = (0..longest).find(|number| at(&left, *number) != at(&right, *number));
    Ok(first.map(|number| Difference {
        place: place.clone(),
        line: Some(number as u64 + 1),
        reference: at(&left, number).map(|line| clean(&String::from_utf8_lossy(&line), SHOWN)),
        variant: at(&right, number).map(|line| clean(&String::from_utf8_lossy(&line), SHOWN)),
    }))
}

fn unordered(
    place: &Where,
    reference: &Path,
    variant: &Path,
) -> Result<Option<Difference>, RaceError> {
    let (Some(left), Some(right)) = (lines(reference)?, lines(variant)?) else {
        return Ok(Some(too_large(place)));
    };
    let mut counts: BTreeMap<&[u8], i64> = BTreeMap::new();
    for line in &left {
        *counts.entry(line).or_default() += 1;
    }
    for line in &right {
        *counts.entry(line).or_default() -= 1;
    }
    let of = |wanted: fn(i64) -> bool| {
        let line = counts.iter().find(|(_, count)| wanted(**count))?.0;
        Some(clean(&String::from_utf8_lossy(line), SHOWN))
    };
    let (missing, extra) = (of(|count| count > 0), of(|count| count < 0));
    if missing.is_none() && extra.is_none() {
        return Ok(None);
    }
    Ok(Some(Difference {
        place: place.clone(),
        line: None,
        reference: missing,
        variant: extra,
    }))
}

fn command(
    line: &str,
    reference: &Path,
    variant: &Path,
    directory: &Path,
) -> Result<Option<Difference>, RaceError> {
    // `diff -w` as well as `diff -w "$2" "$1"`.
    let whole = match line.contains('$') {
        true => line.to_owned(),
        false => format!("{line} \"$@\""),
    };
    let status = Command::new("sh")
        .args(["-c", &whole, "sh"])
        .args([reference, variant])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .at(Path::new("sh"))?;
    // What a shell says where there is no such command, or none that may be run.
    if matches!(status.code(), Some(126 | 127)) {
        let line = clean(line, SHOWN);
        return Err(RaceError::setup(format!(
            "`{line}`, which is to compare outputs, cannot be run"
        )));
    }
    Ok((!status.success()).then(|| Difference {
        place: Where::Stdout,
        line: None,
        reference: Some(format!("what `{}` takes for equal", clean(line, SHOWN))),
        variant: Some(status.to_string()),
    }))
}
