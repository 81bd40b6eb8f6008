//! Making the edits that findings propose.

use super::code_file::{CodeFile, code_cells, notebook, source};
use crate::decode::{decode, marked_like, unmarked};
use crate::text::SourceText;
use rightlane_facts::{Edit, Fix};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;

/// A file before and after its edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The file as it was read.
    pub old: Vec<u8>,
    /// The text as it was read.
    pub before: String,
    /// The text with the edits.
    pub after: String,
    /// How many fixes were made. Those that overlap an earlier one are not: they come in a next round.
    pub fixes: usize,
}

impl Mended {
    /// The whole new file, with the byte order mark that the old one had.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        marked_like(&self.old, &self.after)
    }
}

/// The file at `path` with the safe ones of `fixes` made; nothing is written.
///
/// # Errors
/// If the file cannot be read, is not in UTF-8 (its text could not be written back as it was), has
/// changed since it was checked so that an edit does not fit, or would not be Python afterwards.
pub fn mend(path: &Path, fixes: &[&Fix]) -> Result<Mended, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = SourceText::new(decode(&bytes)?);
    if unmarked(&bytes) != text.as_str().as_bytes() {
        return Err("not in UTF-8: not edited".to_owned());
    }
    let before = text.as_str().to_owned();
    let code = CodeFile::of(path, text)?;
    let mark = code.mark();
    if fixes.iter().any(|fix| fix.text_mark != mark) {
        return Err("changed since it was checked: not edited".to_owned());
    }
    let (edited, made) = edited(code.text.as_str(), fixes)?;
    let after = match &code.cells {
        None => edited.text,
        Some(cells) => {
            let ranges = cells.iter().map(|cell| edited.moved(cell.range.clone()));
            let sources: Vec<String> = ranges
                .map(|range| edited.text.get(range).unwrap_or("").to_owned())
                .collect();
            written(&before, &sources)?
        }
    };
    let again = CodeFile::of(path, SourceText::new(after.clone()))?;
    again
        .parse()
        .map_err(|trouble| format!("the edits would break it ({}): not edited", trouble.message))?;
    Ok(Mended {
        old: bytes,
        before,
        after,
        fixes: made,
    })
}

/// A text after edits, and how far each place has moved.
struct Edited {
    text: String,
    /// Where each edit started in the old text, ended in it, and how long it is now.
    edits: Vec<(usize, usize, usize)>,
}

impl Edited {
    /// Where a stretch of the old text, which no edit crosses the border of, is now.
    fn moved(&self, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
        self.at(range.start, false)..self.at(range.end, true)
    }

    /// An insertion at the very place is after it as a start, before it as an end.
    fn at(&self, place: usize, is_end: bool) -> usize {
        let before = self.edits.iter().filter(|(start, end, _)| {
            *end < place || (*end == place && (is_end || *start < place))
        });
        before.fold(place, |at, (start, end, now)| {
            (at + now).saturating_sub(end - start)
        })
    }
}

/// Makes the safe fixes that do not overlap, from the first on.
fn edited(text: &str, fixes: &[&Fix]) -> Result<(Edited, usize), String> {
    let mut fixes: Vec<&&Fix> = fixes
        .iter()
        .filter(|fix| fix.safe && !fix.edits.is_empty())
        .collect();
    fixes.sort_by_key(|fix| fix.edits[0].start);
    let mut chosen: Vec<&Edit> = Vec::new();
    let mut made = 0;
    for fix in fixes {
        let last = chosen.last().map_or(0, |edit| edit.end);
        let free = fix.edits[0].start > last || chosen.is_empty();
        if free {
            chosen.extend(&fix.edits);
            made += 1;
        }
    }
    let text = Edit::apply(text, chosen.iter().copied())
        .ok_or("changed since it was checked: not edited")?;
    let moved = |edit: &&Edit| (edit.start as usize, edit.end as usize, edit.text.len());
    let edits = chosen.iter().map(moved).collect();
    Ok((Edited { text, edits }, made))
}

/// A notebook as its JSON text, of which only what is edited is looked into.
#[derive(Deserialize)]
struct RawNotebook<'j> {
    #[serde(borrow)]
    cells: Vec<RawCell<'j>>,
}

#[derive(Deserialize)]
struct RawCell<'j> {
    #[serde(borrow)]
    source: Option<&'j RawValue>,
}

/// A notebook's JSON with other sources in its code cells. Everything else stays as it is written: numbers
/// of any size, escapes, indentation, line ends.
fn written(json: &str, sources: &[String]) -> Result<String, String> {
    let whole = notebook(json)?;
    let raw: RawNotebook<'_> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let mut out = String::with_capacity(json.len());
    let mut at = 0;
    for ((index, cell), new) in code_cells(&whole).zip(sources) {
        let Some(old) = raw.cells.get(index).and_then(|cell| cell.source) else {
            continue;
        };
        if source(cell) == *new {
            continue;
        }
        // The raw value is a part of the text.
        let start = old.get().as_ptr() as usize - json.as_ptr() as usize;
        out.push_str(json.get(at..start).unwrap_or(""));
        out.push_str(&as_source(old.get(), new)?);
        at = start + old.get().len();
    }
    out.push_str(json.get(at..).unwrap_or(""));
    Ok(out)
}

/// A cell's source in the form of the old one: a string, or a list of lines, spaced as that was.
fn as_source(old: &str, new: &str) -> Result<String, String> {
    let text = |text: &str| serde_json::to_string(text).map_err(|error| error.to_string());
    let Some(inside) = old.strip_prefix('[').and_then(|old| old.strip_suffix(']')) else {
        return text(new);
    };
    let before = &inside[..inside.len() - inside.trim_start().len()];
    let after = &inside[inside.trim_end().len()..];
    let lines: Result<Vec<String>, String> = new.split_inclusive('\n').map(text).collect();
    let lines = lines?.join(&format!(",{before}"));
    Ok(format!("[{before}{lines}{after}]"))
}
