//! The functions of all files, and what follows from what they call.
//!
//! Only functions that a finding asks for are looked at, and those that they call, up to [`DEEPEST`]
//! calls deep. Modules that were not among the files to check are read when a name leads to them, so
//! that one file alone gets the answers that it gets with its whole project.

use super::found::{Condition, Quality};
use super::outline::{Called, FileOutline, Outline};
use super::work::Work;
use super::work_names::named;
use crate::knowledge::is_known;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// How many calls deep a quality is followed, and how many names a name is passed on by.
const DEEPEST: usize = 8;
/// How many functions are joined for what one of them does.
const MOST: usize = 64;
/// Most files that are read beyond those to check.
const MOST_READ: usize = 2_000;

/// A function, with the file that it stands in.
struct Known {
    /// The first part of its name.
    package: Arc<str>,
    root: Arc<str>,
    file: Arc<str>,
    outline: Outline,
    /// What its calls lead to, once somebody has asked.
    steps: Option<Rc<[Step]>>,
}

/// A call, followed.
#[derive(Clone, Copy)]
struct Step {
    /// The function that is called, where it is one of the project.
    to: Option<usize>,
    /// What the tables know of the function is part of its caller's own work.
    is_named: bool,
    is_awaited: bool,
    is_conditional: bool,
}

/// The functions of all files.
pub(super) struct Project {
    functions: Vec<Known>,
    /// Of one name there may be several, under different roots.
    by_name: FxHashMap<Arc<str>, Vec<usize>>,
    aliases: FxHashMap<Arc<str>, Arc<str>>,
    /// Reads a file that has no outline yet.
    read: fn(&Path) -> Option<FileOutline>,
    tried: FxHashSet<PathBuf>,
    /// Files to check that have no outline yet, by module: their roots and paths.
    unread: FxHashMap<String, Vec<(String, PathBuf)>>,
    /// What has been asked.
    answers: FxHashMap<(usize, Quality), Option<String>>,
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
        for (name, mut outline) in file.functions {
            let index = self.functions.len();
            let package = Arc::from(package(&name));
            let known = self.by_name.entry(name).or_default();
            // A function that is defined again replaces the first; one that is a coroutine function only
            // in one of its forms is none that can be told.
            let first = known.iter().find(|at| self.functions[**at].file == shown);
            if let Some(first) = first {
                outline.is_coroutine &= self.functions[*first].outline.is_coroutine;
            }
            known.retain(|other| self.functions[*other].file != shown);
            known.push(index);
            self.functions.push(Known {
                package,
                root: file.root.clone(),
                file: shown.clone(),
                outline,
                steps: None,
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

    /// Why the function of a condition is like that; `None` if it is not, or nothing is known of it.
    /// `root` is that of the file that asks.
    pub fn why(&mut self, condition: &Condition, root: &str) -> Option<String> {
        let index = self.resolve(&condition.function, root)?;
        let key = (index, condition.is);
        if let Some(known) = self.answers.get(&key) {
            return known.clone();
        }
        let answer = self.answer(index, condition.is);
        self.answers.insert(key, answer.clone());
        answer
    }

    fn answer(&mut self, index: usize, is: Quality) -> Option<String> {
        let outline = &self.functions[index].outline;
        let plain = !outline.is_async;
        let holds = match is {
            Quality::IsCoroutine => outline.is_coroutine,
            Quality::ReturnsNothing => plain && outline.returns_nothing,
            Quality::IsTiny => plain && outline.work.has(Work::TINY),
            Quality::NotInSubinterpreters => return outline.refused.as_deref().map(str::to_owned),
            Quality::ComputesInPython => plain && self.work(index).is_python_computing(),
            Quality::UsesAlgebra => plain && self.work(index).has(Work::ALGEBRA),
            Quality::Blocks | Quality::MakesProcesses | Quality::Writes => {
                return self.search(index, is);
            }
        };
        holds.then(String::new)
    }

    /// The nearest function that is like that itself, of those that a function calls. On the way one
    /// step may depend on a condition: what several have to come together for is not the rule.
    fn search(&mut self, first: usize, is: Quality) -> Option<String> {
        let mut seen = FxHashSet::default();
        let mut level = vec![(first, false)];
        for _ in 0..=DEEPEST {
            let mut next = Vec::new();
            for (index, maybe) in level {
                if !seen.insert((index, maybe)) {
                    continue;
                }
                // A coroutine does not block whoever calls it. For processes it does not matter:
                // somebody will run it.
                let follows_coroutines = is == Quality::MakesProcesses;
                let known = &self.functions[index];
                if known.outline.is_async && !follows_coroutines {
                    continue;
                }
                if let Some(why) = known.itself(is, maybe) {
                    return Some(why);
                }
                for step in self.steps(index).iter() {
                    if step.is_awaited && !follows_coroutines || maybe && step.is_conditional {
                        continue;
                    }
                    next.extend(step.to.map(|to| (to, maybe || step.is_conditional)));
                }
            }
            level = next;
        }
        None
    }

    /// What a function does, with those of the project that it calls.
    fn work(&mut self, first: usize) -> Work {
        let mut reached = vec![first];
        let mut work = Work::NOTHING;
        let mut next = 0;
        while let Some(index) = reached.get(next).copied() {
            next += 1;
            if next > MOST {
                return work | Work::UNKNOWN;
            }
            work |= self.functions[index].outline.work;
            for step in self.steps(index).iter().filter(|step| !step.is_named) {
                match step.to {
                    Some(to) if reached.contains(&to) => {}
                    Some(to) => reached.push(to),
                    None => work |= Work::UNKNOWN,
                }
            }
        }
        work
    }

    /// What a function's calls lead to.
    fn steps(&mut self, index: usize) -> Rc<[Step]> {
        if let Some(steps) = &self.functions[index].steps {
            return steps.clone();
        }
        let root = self.functions[index].root.clone();
        let calls = std::mem::take(&mut self.functions[index].outline.calls);
        let own = self.functions[index].package.clone();
        let step = |call: &Called| Step {
            // What the tables are about is not followed, even if it is among the files; a package's own
            // functions are.
            to: match is_known(&call.name) && package(&call.name) != &*own {
                true => None,
                false => self.resolve(&call.name, &root),
            },
            is_named: named(&call.name, true).is_some(),
            is_awaited: call.is_awaited,
            is_conditional: call.is_conditional,
        };
        let steps: Rc<[Step]> = calls.iter().map(step).collect();
        self.functions[index].steps = Some(steps.clone());
        steps
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
        // What the tables are about is not the project's.
        if is_known(name) {
            return false;
        }
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
    /// Why the function is like that by what it does itself; of what it does under a condition, only if
    /// it is called without one.
    fn itself(&self, is: Quality, maybe: bool) -> Option<String> {
        let (file, outline) = (&self.file, &self.outline);
        match is {
            Quality::Blocks => {
                let (what, line, conditional) = outline.blocks.as_ref()?;
                (!(maybe && *conditional)).then(|| format!("`{what}` at {file}:{line}"))
            }
            Quality::MakesProcesses => outline.makes_processes.map(|line| format!("{file}:{line}")),
            Quality::Writes => {
                let (what, line) = outline.writes?;
                Some(format!("{what} at {file}:{line}"))
            }
            // Not carried from callee to caller.
            _ => None,
        }
    }
}

/// The first part of a dotted name.
fn package(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
