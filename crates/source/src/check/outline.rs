//! What other files need to know of a file's functions, kept after its tree is gone.

use super::found::Quality;
use super::model::{Function, Model};
use super::pools::{Made, Workers};
use super::scope::{Binding, ScopeId};
use super::work::Work;
use super::work_names::named;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How many calls deep a quality is followed.
const DEEPEST: usize = 8;
/// How many functions are joined for what one of them does.
const MOST: usize = 64;

/// A function, as its callers need it.
#[derive(Debug)]
struct Outline {
    is_async: bool,
    /// What it blocks in, and the line.
    blocks: Option<(String, u32)>,
    /// The line where it makes processes.
    makes_processes: Option<u32>,
    /// What it does itself.
    work: Work,
    /// The functions that it calls, with the lines; without those that are awaited.
    calls: Vec<(Arc<str>, u32)>,
}

/// The functions of one file.
#[derive(Debug, Default)]
pub(crate) struct FileOutline {
    /// The folder that its module name starts at.
    root: Arc<str>,
    functions: Vec<(Arc<str>, Outline)>,
    /// Names by which the file passes on what it imports: `package.fetch` is `package.client.fetch`.
    aliases: Vec<(Arc<str>, Arc<str>)>,
}

impl FileOutline {
    pub fn of(model: &Model<'_>, root: &str) -> Self {
        let outlined = model.functions.iter().filter_map(|function| {
            let name = function.name.as_deref()?;
            Some((Arc::from(name), Outline::of(model, function)))
        });
        Self {
            root: Arc::from(root),
            functions: outlined.collect(),
            aliases: aliases(model),
        }
    }
}

impl Outline {
    fn of(model: &Model<'_>, function: &Function<'_>) -> Self {
        let mut outline = Self {
            is_async: function.is_async(),
            blocks: None,
            makes_processes: None,
            work: model.own_work(function.id),
            calls: Vec::new(),
        };
        for call in model.calls_of(function.id) {
            let line = model.text.line(call.expr.range_start);
            if outline.blocks.is_none() {
                outline.blocks = model.blocks(call).map(|what| (what, line));
            }
            let makes = match model.makes(call) {
                Some(Made::Process) => true,
                Some(Made::Pool(of)) => of.workers == Workers::Processes,
                _ => false,
            };
            if makes {
                outline.makes_processes.get_or_insert(line);
            }
            if let Some(name) = model.called(call)
                && name.contains('.')
                && !model.is_awaited(call.node)
            {
                outline.calls.push((Arc::from(&*name), line));
            }
        }
        outline
    }
}

/// What the module binds by `from … import`.
fn aliases(model: &Model<'_>) -> Vec<(Arc<str>, Arc<str>)> {
    let module = ScopeId(0);
    let mut found = Vec::new();
    for name in model.scopes.names(module) {
        for (_, binding) in model.scopes.bindings(module, name) {
            if let Binding::ImportFrom {
                import,
                name: original,
            } = binding
                && let Some(target) = model.imported(import, original)
            {
                let own = format!("{}.{name}", model.name);
                found.push((Arc::from(own), Arc::from(target)));
            }
        }
    }
    found
}

/// The functions of all files.
#[derive(Default)]
pub(crate) struct Project {
    /// Of one name there may be several, under different roots.
    functions: FxHashMap<Arc<str>, Vec<Known>>,
    aliases: FxHashMap<Arc<str>, Arc<str>>,
}

struct Known {
    root: Arc<str>,
    file: Arc<str>,
    outline: Outline,
}

/// A question about a function.
#[derive(Clone, Copy)]
pub(crate) struct Question<'q> {
    /// The root of the file that asks: its own modules come first.
    pub root: &'q str,
    pub is: Quality,
}

impl Project {
    /// Adds a file, which findings call `shown`.
    pub fn add(&mut self, shown: &str, file: FileOutline) {
        let shown: Arc<str> = Arc::from(shown);
        for (name, outline) in file.functions {
            let known = self.functions.entry(name).or_default();
            // A function that is defined again replaces the first.
            known.retain(|other| other.file != shown);
            known.push(Known {
                root: file.root.clone(),
                file: shown.clone(),
                outline,
            });
        }
        self.aliases.extend(file.aliases);
    }

    fn find(&self, name: &str, root: &str) -> Option<&Known> {
        let mut name = name;
        for _ in 0..DEEPEST {
            if let Some(known) = self.functions.get(name) {
                let own = known.iter().find(|known| &*known.root == root);
                return own.or(match known.as_slice() {
                    [only] => Some(only),
                    _ => None,
                });
            }
            name = self.aliases.get(name)?;
        }
        None
    }

    /// Why the function of this name is like that; `None` if it is not, or nothing is known of it.
    pub fn why(&self, name: &str, question: Question<'_>) -> Option<String> {
        self.follow(name, question, DEEPEST)
    }

    /// What a function does, with those of the project that it calls.
    fn work(&self, name: &str, root: &str) -> Work {
        let mut reached = vec![name];
        let mut work = Work::NOTHING;
        let mut next = 0;
        while let Some(name) = reached.get(next).copied() {
            next += 1;
            let known = self.find(name, root);
            let Some(known) = known.filter(|_| next <= MOST) else {
                work |= Work::UNKNOWN;
                continue;
            };
            work |= known.outline.work;
            // The calls whose functions the tables know are among its own work already.
            let calls = known.outline.calls.iter().map(|(name, _)| &**name);
            for called in calls.filter(|called| named(called, true).is_none()) {
                if !reached.contains(&called) {
                    reached.push(called);
                }
            }
        }
        work
    }

    fn follow(&self, name: &str, question: Question<'_>, depth: usize) -> Option<String> {
        let known = self.find(name, question.root)?;
        let (file, outline) = (&known.file, &known.outline);
        if question.is == Quality::IsCoroutine {
            return outline.is_async.then(String::new);
        }
        // A coroutine does nothing by being called.
        if outline.is_async {
            return None;
        }
        let does = match question.is {
            Quality::IsTiny => Some(outline.work.has(Work::TINY)),
            Quality::ComputesInPython => Some(self.work(name, question.root).is_python_computing()),
            Quality::UsesAlgebra => Some(self.work(name, question.root).has(Work::ALGEBRA)),
            _ => None,
        };
        if let Some(does) = does {
            return does.then(String::new);
        }
        let blocks = outline.blocks.as_ref();
        let own = match question.is {
            Quality::Blocks => blocks.map(|(what, line)| format!("`{what}` at {file}:{line}")),
            _ => outline.makes_processes.map(|line| format!("{file}:{line}")),
        };
        if own.is_some() || depth == 0 {
            return own;
        }
        let further = Question {
            root: &known.root,
            ..question
        };
        let others = outline.calls.iter().filter(|(called, _)| &**called != name);
        let mut answers = others.map(|(called, _)| self.follow(called, further, depth - 1));
        answers.find_map(|answer| answer)
    }
}
