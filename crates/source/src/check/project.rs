//! The functions of all files, and what follows from what they call.
//!
//! Only functions that a finding asks for are looked at, and those that they call, up to [`DEEPEST`]
//! calls deep. Modules that were not among the files to check are read when a name leads to them, so
//! that one file alone gets the answers that it gets with its whole project.

use super::found::{Condition, Quality};
use super::outline::{FileOutline, Outline};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many calls deep a quality is followed, and how many names a name is passed on by.
const DEEPEST: u32 = 8;
/// Most files that are read beyond those to check.
const MOST_READ: usize = 2_000;

/// A function, with the file that it stands in.
struct Known {
    root: Arc<str>,
    file: Arc<str>,
    outline: Outline,
    /// The functions that it calls, where they are known.
    calls: Vec<usize>,
}

/// The functions of all files.
pub(super) struct Project {
    functions: Vec<Known>,
    /// Of one name there may be several, under different roots.
    by_name: FxHashMap<Arc<str>, Vec<usize>>,
    aliases: FxHashMap<Arc<str>, Arc<str>>,
    /// Reads a file that is not among those to check.
    read: fn(&Path) -> Option<FileOutline>,
    tried: FxHashSet<PathBuf>,
    /// Files to check that have no outline yet, by module: their roots and paths.
    unread: FxHashMap<String, Vec<(String, PathBuf)>>,
    /// Why a function is like that, by quality.
    answers: FxHashMap<(usize, Quality), String>,
}

impl Project {
    pub fn new(read: fn(&Path) -> Option<FileOutline>) -> Self {
        Self {
            functions: Vec::new(),
            by_name: FxHashMap::default(),
            aliases: FxHashMap::default(),
            read,
            tried: FxHashSet::default(),
            unread: FxHashMap::default(),
            answers: FxHashMap::default(),
        }
    }

    /// Adds a file, which findings call `shown`.
    pub fn add(&mut self, shown: &str, file: FileOutline) {
        let shown: Arc<str> = Arc::from(shown);
        for (name, outline) in file.functions {
            let index = self.functions.len();
            let known = self.by_name.entry(name).or_default();
            // A function that is defined again replaces the first.
            known.retain(|other| self.functions[*other].file != shown);
            known.push(index);
            self.functions.push(Known {
                root: file.root.clone(),
                file: shown.clone(),
                outline,
                calls: Vec::new(),
            });
        }
        self.aliases.extend(file.aliases);
        self.tried.insert(PathBuf::from(&*shown));
    }

    /// Says where a module stands whose outline has not been made.
    pub fn could_read(&mut self, module: String, root: &str, shown: &str) {
        let places = self.unread.entry(module).or_default();
        places.push((root.to_owned(), PathBuf::from(shown)));
    }

    /// Finds out what these conditions ask for; `root` is that of the file that asks.
    pub fn prepare<'q>(&mut self, conditions: impl Iterator<Item = (&'q str, &'q Condition)>) {
        let mut reached = FxHashSet::default();
        let mut waiting = VecDeque::new();
        for (root, condition) in conditions {
            if let Some(index) = self.resolve(&condition.function, root)
                && reached.insert(index)
            {
                waiting.push_back((index, 0));
            }
        }
        while let Some((index, depth)) = waiting.pop_front() {
            if depth == DEEPEST || self.functions[index].outline.is_async {
                continue;
            }
            let root = self.functions[index].root.clone();
            let names = std::mem::take(&mut self.functions[index].outline.calls);
            let calls: Vec<usize> = names
                .iter()
                .filter_map(|name| self.resolve(name, &root))
                .collect();
            for called in &calls {
                if reached.insert(*called) {
                    waiting.push_back((*called, depth + 1));
                }
            }
            self.functions[index].calls = calls;
        }
        for quality in [Quality::Blocks, Quality::MakesProcesses, Quality::Writes] {
            self.spread(&reached, quality);
        }
    }

    /// Carries a quality from the functions that have it to those that call them, nearest first.
    fn spread(&mut self, reached: &FxHashSet<usize>, quality: Quality) {
        let mut callers: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        let mut waiting = VecDeque::new();
        // In order, so that the answer does not depend on chance.
        let mut reached: Vec<usize> = reached.iter().copied().collect();
        reached.sort_unstable();
        for index in reached {
            for called in &self.functions[index].calls {
                callers.entry(*called).or_default().push(index);
            }
            if let Some(why) = self.functions[index].own(quality) {
                self.answers.insert((index, quality), why);
                waiting.push_back((index, 0));
            }
        }
        while let Some((index, depth)) = waiting.pop_front() {
            // A coroutine does nothing by being called.
            if depth == DEEPEST || self.functions[index].outline.is_async {
                continue;
            }
            let why = self
                .answers
                .get(&(index, quality))
                .cloned()
                .unwrap_or_default();
            for caller in callers.get(&index).into_iter().flatten() {
                if !self.answers.contains_key(&(*caller, quality)) {
                    self.answers.insert((*caller, quality), why.clone());
                    waiting.push_back((*caller, depth + 1));
                }
            }
        }
    }

    /// Why the function of this name is like that; `None` if it is not, or nothing is known of it.
    pub fn why(&mut self, condition: &Condition, root: &str) -> Option<String> {
        let index = self.resolve(&condition.function, root)?;
        let is_async = self.functions[index].outline.is_async;
        match condition.is {
            Quality::IsCoroutine => is_async.then(String::new),
            Quality::NotInSubinterpreters => {
                let refused = self.functions[index].outline.refused.as_deref();
                refused.map(str::to_owned)
            }
            Quality::ReturnsNothing => {
                let nothing = self.functions[index].outline.returns_nothing;
                (nothing && !is_async).then(String::new)
            }
            _ if is_async => None,
            quality => self.answers.get(&(index, quality)).cloned(),
        }
    }

    fn resolve(&mut self, name: &str, root: &str) -> Option<usize> {
        let mut name: Arc<str> = Arc::from(name);
        for _ in 0..DEEPEST {
            if let Some(found) = self.named(&name, root) {
                return found;
            }
            if let Some(other) = self.aliases.get(&name) {
                name = other.clone();
            } else if !self.load(&name, root) {
                return None;
            }
        }
        None
    }

    /// The function of this name: the root's own, or the only one there is. The outer `None`: no
    /// function has this name.
    fn named(&self, name: &str, root: &str) -> Option<Option<usize>> {
        let known = self.by_name.get(name).filter(|known| !known.is_empty())?;
        let own = known
            .iter()
            .find(|index| *self.functions[**index].root == *root);
        Some(match (own, known.as_slice()) {
            (Some(own), _) => Some(*own),
            (None, [only]) => Some(*only),
            _ => None,
        })
    }

    /// Reads the module that a name may stand in; whether there was a new one.
    fn load(&mut self, name: &str, root: &str) -> bool {
        let parts: Vec<&str> = name.split('.').collect();
        // A function of a module, or a method of one of its classes.
        (1..=2)
            .filter_map(|last| parts.len().checked_sub(last))
            .filter(|end| *end > 0)
            .any(|end| {
                if let Some(path) = self.unread_file(&parts[..end].join("."), root) {
                    return self.load_file(path);
                }
                let base = parts[..end]
                    .iter()
                    .fold(PathBuf::from(root), |path, part| path.join(part));
                self.load_file(base.with_extension("py"))
                    || self.load_file(base.join("__init__.py"))
            })
    }

    /// The file to check that is this module: of the same root, or the only one.
    fn unread_file(&self, module: &str, root: &str) -> Option<PathBuf> {
        let places = self.unread.get(module)?;
        let own = places.iter().find(|(of, _)| of == root);
        let only = if places.len() == 1 {
            places.first()
        } else {
            None
        };
        own.or(only).map(|(_, path)| path.clone())
    }

    fn load_file(&mut self, path: PathBuf) -> bool {
        if self.tried.len() > MOST_READ + self.functions.len() || self.tried.contains(&path) {
            return false;
        }
        let outline = if path.is_file() {
            (self.read)(&path)
        } else {
            None
        };
        let shown = path.to_string_lossy().into_owned();
        self.tried.insert(path);
        let Some(outline) = outline else { return false };
        self.add(&shown, outline);
        true
    }
}

impl Known {
    /// Why the function itself is like that.
    fn own(&self, quality: Quality) -> Option<String> {
        let (file, outline) = (&self.file, &self.outline);
        match quality {
            Quality::Blocks => outline
                .blocks
                .as_ref()
                .map(|(what, line)| format!("`{what}` at {file}:{line}")),
            Quality::MakesProcesses => outline.makes_processes.map(|line| format!("{file}:{line}")),
            Quality::Writes => outline
                .writes
                .map(|(what, line)| format!("{what} at {file}:{line}")),
            // Not spread from callee to caller.
            Quality::IsCoroutine | Quality::ReturnsNothing | Quality::NotInSubinterpreters => None,
        }
    }
}
