//! Reads the script and the project modules that it imports, each once.

use crate::decode::decode;
use crate::depth::too_deep;
use crate::error::{SourceError, SyntaxTrouble};
use crate::imports::{Search, imported_modules};
use crate::text::SourceText;
use rightlane_facts::{Place, SourceDoubt};
use ruff_python_ast::{ModModule, Stmt};
use ruff_python_parser::{Mode, ParseError, ParseOptions, Parsed};
use ruff_text_size::Ranged;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};

/// Most files read; a project beyond it is read in part, which is a doubt.
pub(crate) const MOST_FILES: usize = 2_000;
/// Largest file read, in bytes.
pub(crate) const LARGEST_FILE: u64 = 8 * 1024 * 1024;

/// Index of a module in [`Loaded::modules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModId(pub u32);

/// One source file, parsed.
pub(crate) struct Module {
    /// Dotted name by which the project imports it; `__main__` for the script.
    pub name: String,
    /// Whether it is a package's `__init__.py` (relative imports start at itself).
    pub is_package: bool,
    /// Absolute path, not normalised, as CPython's code objects name it.
    pub absolute: String,
    /// Path as shown to people.
    pub shown: String,
    pub text: SourceText,
    pub body: Vec<Stmt>,
}

/// All files of the program.
pub(crate) struct Loaded {
    /// The script first.
    pub modules: Vec<Module>,
    /// Modules by dotted name.
    pub by_name: HashMap<String, ModId>,
    /// Top-level names of everything imported.
    pub imports: BTreeSet<String>,
    pub doubts: Vec<SourceDoubt>,
}

/// Reads the program.
///
/// # Errors
/// If the script itself cannot be read or parsed.
pub(crate) fn load(
    script: &Path,
    working_directory: &Path,
    search: &[PathBuf],
) -> Result<Loaded, SourceError> {
    let absolute = working_directory.join(script);
    let text = read_text(script, &absolute)?;
    let body = parse(&text).map_err(|trouble| SourceError::syntax(script, trouble))?;
    let search = Search::new(search);
    let mut loader = Loader {
        loaded: Loaded {
            modules: Vec::new(),
            by_name: HashMap::new(),
            imports: BTreeSet::new(),
            doubts: Vec::new(),
        },
        working_directory,
        waiting: VecDeque::new(),
        search,
    };
    let (name, is_package) = loader.search.name_of(&absolute);
    loader.add(name, is_package, &absolute, text, body);
    loader.run();
    Ok(loader.loaded)
}

struct Loader<'l> {
    loaded: Loaded,
    working_directory: &'l Path,
    waiting: VecDeque<ModId>,
    search: Search,
}

impl Loader<'_> {
    fn run(&mut self) {
        while let Some(id) = self.waiting.pop_front() {
            let module = &self.loaded.modules[id.0 as usize];
            for (dotted, _) in imported_modules(module) {
                let top = dotted.split('.').next().unwrap_or("").to_owned();
                let found = self.find(&dotted);
                if !found && !top.is_empty() {
                    self.loaded.imports.insert(top);
                }
            }
        }
    }

    /// Loads the module of the given dotted name and the packages above it, if they belong to
    /// the project.
    fn find(&mut self, dotted: &str) -> bool {
        let mut any = false;
        let ends = dotted
            .match_indices('.')
            .map(|(at, _)| at)
            .chain([dotted.len()]);
        for end in ends.collect::<Vec<_>>() {
            let name = &dotted[..end];
            if self.loaded.by_name.contains_key(name) {
                any = true;
                continue;
            }
            let Some((path, is_package)) = self.search.file_of(name) else {
                // A namespace package has no file, but its modules do.
                continue;
            };
            if self.loaded.modules.len() >= MOST_FILES {
                self.doubt(
                    &path,
                    1,
                    format!("not read: the project has more than {MOST_FILES} files"),
                );
                return true;
            }
            any = true;
            self.read_module(name, &path, is_package);
        }
        any
    }

    fn read_module(&mut self, name: &str, path: &Path, is_package: bool) {
        // The script may be imported by its own name; it is one file all the same.
        let absolute = path.to_string_lossy();
        if let Some(at) = self
            .loaded
            .modules
            .iter()
            .position(|m| m.absolute == absolute)
        {
            let id = ModId(u32::try_from(at).unwrap_or(0));
            self.loaded.by_name.insert(name.to_owned(), id);
            return;
        }
        let text = match read_text(path, path) {
            Ok(text) => text,
            Err(error) => return self.doubt(path, 1, format!("not read: {error}")),
        };
        match parse(&text) {
            Ok(body) => self.add(name.to_owned(), is_package, path, text, body),
            Err(trouble) => {
                let why = format!("not read, syntax error: {}", trouble.message);
                self.doubt(path, trouble.line, why);
            }
        }
    }

    fn add(
        &mut self,
        name: String,
        is_package: bool,
        path: &Path,
        text: SourceText,
        body: Vec<Stmt>,
    ) {
        let id = ModId(u32::try_from(self.loaded.modules.len()).unwrap_or(u32::MAX));
        self.loaded.by_name.insert(name.clone(), id);
        self.loaded.modules.push(Module {
            name,
            is_package,
            absolute: path.to_string_lossy().into_owned(),
            shown: self.shown(path),
            text,
            body,
        });
        self.waiting.push_back(id);
    }

    fn doubt(&mut self, path: &Path, line: u32, doubt: String) {
        let place = Place {
            file: self.shown(path),
            line,
        };
        self.loaded.doubts.push(SourceDoubt { place, doubt });
    }

    fn shown(&self, path: &Path) -> String {
        let relative = path.strip_prefix(self.working_directory).unwrap_or(path);
        relative.to_string_lossy().into_owned()
    }
}

pub(crate) fn read_text(given: &Path, path: &Path) -> Result<SourceText, SourceError> {
    let about = std::fs::metadata(path).map_err(|error| SourceError::from_io(given, error))?;
    if about.is_dir() {
        return Err(SourceError::directory(given));
    }
    if about.len() > LARGEST_FILE {
        return Err(SourceError::too_large(given, LARGEST_FILE));
    }
    let bytes = read_bounded(path).map_err(|error| SourceError::from_io(given, error))?;
    // A pipe or a growing file does not say its length beforehand.
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(SourceError::too_large(given, LARGEST_FILE));
    }
    let text = decode(&bytes).map_err(|why| SourceError::not_text(given, why))?;
    Ok(SourceText::new(text))
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Parses a text into its statements, or says where it is not Python.
pub(crate) fn parse(text: &SourceText) -> Result<Vec<Stmt>, SyntaxTrouble> {
    Ok(parsed(text)?.into_syntax().body.into_iter().collect())
}

/// Parses a text, or says where it is not Python.
pub(crate) fn parsed(text: &SourceText) -> Result<Parsed<ModModule>, SyntaxTrouble> {
    parsed_as(text, Mode::Module)
}

/// Parses a text as a module or, with its magic commands, as cells of a notebook.
pub(crate) fn parsed_as(text: &SourceText, mode: Mode) -> Result<Parsed<ModModule>, SyntaxTrouble> {
    if let Some(why) = too_deep(text.as_str(), mode) {
        return Err(SyntaxTrouble {
            message: why.to_owned(),
            line: 1,
            column: 1,
            text: text.line_text(1).to_owned(),
        });
    }
    let trouble = |error: &ParseError| {
        let at = error.range().start();
        let line = text.line(at);
        SyntaxTrouble {
            message: error.error.to_string(),
            line,
            column: text.character_column(at) + 1,
            text: text.line_text(line).to_owned(),
        }
    };
    let parsed = ruff_python_parser::parse(text.as_str(), ParseOptions::from(mode));
    let parsed = parsed.map_err(|error| trouble(&error))?;
    // Both modes give a module.
    parsed.try_into_module().ok_or_else(|| SyntaxTrouble {
        message: "not a module".to_owned(),
        line: 1,
        column: 1,
        text: text.line_text(1).to_owned(),
    })
}
