//! A file to check: Python, or a Jupyter notebook, whose code cells are read one after the other.
//!
//! Cells of other languages (`%%bash`) are left out. Lines of a notebook are counted in their cell,
//! cells from 1 over all kinds, as ruff and Jupyter's own tools do.

use crate::error::SyntaxTrouble;
use crate::load::{parsed_as, read_text};
use crate::text::SourceText;
use ruff_python_ast::ModModule;
use ruff_python_parser::{Mode, Parsed};
use serde_json::Value;
use std::cell::OnceCell;
use std::hash::{Hash, Hasher};
use std::path::Path;

/// Cell magics whose cells are Python nevertheless.
const PYTHON_MAGICS: &[&str] = &[
    "capture", "debug", "prun", "time", "timeit", "pypy", "python", "python3",
];

/// A file's code.
pub(crate) struct CodeFile {
    pub text: SourceText,
    /// Of a notebook.
    pub cells: Option<Vec<Cell>>,
    mark: OnceCell<u64>,
}

/// A code cell of a notebook.
pub(crate) struct Cell {
    /// From 1, over all kinds of cells.
    pub number: u32,
    /// Its first line in the text of all, from 1.
    pub first_line: u32,
    /// Where it starts and ends in the text of all, without the line end that is put after it.
    pub range: std::ops::Range<usize>,
}

impl CodeFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = read_text(path, path).map_err(|why| why.to_string())?;
        Self::of(path, text)
    }

    /// The code of a file with this text.
    pub fn of(path: &Path, text: SourceText) -> Result<Self, String> {
        if is_notebook(path) {
            return Self::of_notebook(text.as_str());
        }
        Ok(Self {
            text,
            cells: None,
            mark: OnceCell::new(),
        })
    }

    fn of_notebook(json: &str) -> Result<Self, String> {
        let notebook = notebook(json)?;
        let mut text = String::new();
        let mut cells = Vec::new();
        let mut lines = 0;
        for (index, cell) in code_cells(&notebook) {
            let start = text.len();
            let own = source(cell);
            text.push_str(&own);
            cells.push(Cell {
                number: number(index + 1),
                first_line: number(lines + 1),
                range: start..text.len(),
            });
            text.push('\n');
            lines += line_ends(&own) + 1;
        }
        Ok(Self {
            text: SourceText::new(text),
            cells: Some(cells),
            mark: OnceCell::new(),
        })
    }

    /// A mark by which another text is told from this one.
    pub fn mark(&self) -> u64 {
        *self.mark.get_or_init(|| {
            let mut hasher = std::hash::DefaultHasher::new();
            self.text.as_str().hash(&mut hasher);
            hasher.finish()
        })
    }

    /// Whether places in the text are places in the file, which is at `path`: a byte order mark or another
    /// encoding makes it of another length.
    pub fn is_in_bytes(&self, path: &Path) -> bool {
        let length = std::fs::metadata(path).map_or(0, |about| about.len());
        self.cells.is_none() && self.text.as_str().len() as u64 == length
    }

    pub fn parse(&self) -> Result<Parsed<ModModule>, SyntaxTrouble> {
        let mode = match self.cells {
            Some(_) => Mode::Ipython,
            None => Mode::Module,
        };
        parsed_as(&self.text, mode)
    }

    /// The cell that a line of the text stands in, and the line's number in it.
    pub fn cell_of(&self, line: u32) -> (Option<u32>, u32) {
        let Some(cells) = &self.cells else {
            return (None, line);
        };
        let after = cells.partition_point(|cell| cell.first_line <= line);
        match cells.get(after.wrapping_sub(1)) {
            Some(cell) => (Some(cell.number), line - cell.first_line + 1),
            None => (None, line),
        }
    }
}

pub(super) fn is_notebook(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "ipynb")
}

/// Reads a notebook's JSON.
pub(super) fn notebook(json: &str) -> Result<Value, String> {
    let notebook: Value = serde_json::from_str(json)
        .map_err(|error| format!("not a notebook: its JSON cannot be read: {error}"))?;
    if !notebook["cells"].is_array() {
        return Err("not a notebook of format 4: it has no cells (`jupyter nbconvert --to notebook` converts older ones)".to_owned());
    }
    let metadata = &notebook["metadata"];
    let kernel = metadata["kernelspec"]["language"].as_str();
    match kernel.or_else(|| metadata["language_info"]["name"].as_str()) {
        Some(language) if !language.eq_ignore_ascii_case("python") => {
            Err(format!("a notebook in {language}, not in Python"))
        }
        _ => Ok(notebook),
    }
}

/// The cells that hold Python, with their places among all cells.
pub(super) fn code_cells(notebook: &Value) -> impl Iterator<Item = (usize, &Value)> {
    let cells = notebook["cells"].as_array().map_or(&[][..], Vec::as_slice);
    cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| cell["cell_type"] == "code" && is_python(&source(cell)))
}

/// A cell's text: one string, or a list of its lines.
pub(super) fn source(cell: &Value) -> String {
    match &cell["source"] {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn is_python(source: &str) -> bool {
    let Some(rest) = source.trim_start().strip_prefix("%%") else {
        return true;
    };
    let magic = rest.split_whitespace().next().unwrap_or("");
    PYTHON_MAGICS.contains(&magic)
}

/// How many line ends a text has, of any of the three kinds.
fn line_ends(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    bytes.iter().enumerate().filter(|each| ends(*each)).count()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
