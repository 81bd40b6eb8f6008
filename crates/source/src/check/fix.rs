//! Making the edits that findings propose.

use super::code_file::{CodeFile, code_cells, notebook, source};
use crate::load::read_text;
use crate::text::SourceText;
use rightlane_facts::{Edit, Fix};
use serde_json::{Value, json};
use std::path::Path;

/// A file before and after its edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
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
    pub fn bytes(&self, old: &[u8]) -> Vec<u8> {
        let mark: &[u8] = b"\xef\xbb\xbf";
        let mut bytes = if old.starts_with(mark) {
            mark.to_vec()
        } else {
            Vec::new()
        };
        bytes.extend_from_slice(self.after.as_bytes());
        bytes
    }
}

/// The file at `path` with the safe ones of `fixes` made; nothing is written.
///
/// # Errors
/// If the file cannot be read, is not in UTF-8 (its text could not be written back as it was), has
/// changed since it was checked so that an edit does not fit, or would not be Python afterwards.
pub fn mend(path: &Path, fixes: &[&Fix]) -> Result<Mended, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = read_text(path, path).map_err(|why| why.to_string())?;
    let unmarked = bytes
        .strip_prefix(b"\xef\xbb\xbf".as_slice())
        .unwrap_or(&bytes);
    if unmarked != text.as_str().as_bytes() {
        return Err("not in UTF-8: not edited".to_owned());
    }
    let before = text.as_str().to_owned();
    let code = CodeFile::of(path, text)?;
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
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut edits = Vec::new();
    for edit in chosen {
        let (start, end) = (edit.start as usize, edit.end as usize);
        let kept = text
            .get(at..start)
            .filter(|_| end >= start && text.is_char_boundary(end));
        let Some(kept) = kept else {
            return Err("changed since it was checked: not edited".to_owned());
        };
        out.push_str(kept);
        out.push_str(&edit.text);
        edits.push((start, end, edit.text.len()));
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    Ok((Edited { text: out, edits }, made))
}

/// A notebook's JSON with other sources in its code cells. What else is in it stays, in its order; the
/// form is Jupyter's own (one space of indentation, a line end at the end as it was).
fn written(json: &str, sources: &[String]) -> Result<String, String> {
    let mut notebook = notebook(json)?;
    let places: Vec<usize> = code_cells(&notebook).map(|(index, _)| index).collect();
    for (index, new) in places.iter().zip(sources) {
        let cell = &mut notebook["cells"][*index];
        if source(cell) == *new {
            continue;
        }
        let as_list = cell["source"].is_array();
        cell["source"] = match as_list {
            true => json!(new.split_inclusive('\n').collect::<Vec<_>>()),
            false => json!(new),
        };
    }
    let mut text = indented(&notebook).map_err(|error| error.to_string())?;
    if json.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn indented(notebook: &Value) -> serde_json::Result<String> {
    use serde::Serialize;
    let mut out = Vec::new();
    let form = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut writer = serde_json::Serializer::with_formatter(&mut out, form);
    notebook.serialize(&mut writer)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}
