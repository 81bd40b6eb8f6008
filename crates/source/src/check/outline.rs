//! What other files need to know of a file's functions, kept after its tree is gone.

use super::found::Quality;
use super::model::{Function, Model};
use super::scope::{Binding, ScopeId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::sync::Arc;

/// How many calls deep a quality is followed.
const DEEPEST: usize = 8;

/// A function, as its callers need it.
#[derive(Debug)]
struct Outline {
    is_async: bool,
    /// Calling it makes a coroutine that has to be awaited: no generator, nothing around it that a
    /// decorator makes of it.
    is_coroutine: bool,
    /// What it blocks in, and the line; whether that depends on something.
    blocks: Option<(String, u32, bool)>,
    /// The line where it makes processes.
    makes_processes: Option<u32>,
    calls: Vec<Called>,
}

/// A function that another one calls.
#[derive(Debug)]
struct Called {
    name: Arc<str>,
    is_awaited: bool,
    /// It depends on something whether it is called.
    is_conditional: bool,
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
    fn of<'a>(model: &Model<'a>, function: &Function<'a>) -> Self {
        let mut outline = Self {
            is_async: function.is_async(),
            is_coroutine: model.is_coroutine(function),
            blocks: None,
            makes_processes: None,
            calls: Vec::new(),
        };
        let early = model.early_return(function);
        for call in model.calls_of(function.id) {
            let conditional = || {
                early.is_some_and(|at| at < call.node)
                    || model.is_in_branch(call.node, function.node)
            };
            let line = model.text.line(call.expr.range_start);
            if outline.blocks.is_none() {
                let blocks = model.blocks(call);
                outline.blocks = blocks.map(|what| (what, line, conditional()));
            }
            if outline.makes_processes.is_none() && model.starts_processes(call) {
                outline.makes_processes = Some(line);
            }
            if let Some(name) = model.called(call)
                && name.contains('.')
            {
                outline.calls.push(Called {
                    name: Arc::from(&*name),
                    is_awaited: model.is_awaited(call.node),
                    is_conditional: conditional(),
                });
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
    /// What has been asked, by the function's address, which stays while nothing is added.
    answers: RefCell<FxHashMap<(usize, Quality), Option<String>>>,
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
            // A function that is defined again replaces the first; one that is a coroutine function only
            // in one of its forms is none that can be told.
            let mut outline = outline;
            if let Some(first) = known.iter().find(|other| other.file == shown) {
                outline.is_coroutine &= first.outline.is_coroutine;
            }
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
        let first = self.find(name, question.root)?;
        if question.is == Quality::IsCoroutine {
            return first.outline.is_coroutine.then(String::new);
        }
        let key = (std::ptr::from_ref(first) as usize, question.is);
        if let Some(known) = self.answers.borrow().get(&key) {
            return known.clone();
        }
        let answer = self.search(first, question.is);
        self.answers.borrow_mut().insert(key, answer.clone());
        answer
    }

    /// The nearest function that is like that itself, of those that a function calls. On the way one
    /// step may depend on a condition: what several have to come together for is not the rule.
    fn search(&self, first: &Known, is: Quality) -> Option<String> {
        let mut seen = FxHashSet::default();
        let mut level = vec![(first, false)];
        for _ in 0..=DEEPEST {
            let mut next = Vec::new();
            for (known, maybe) in level {
                if !seen.insert((std::ptr::from_ref(known), maybe)) {
                    continue;
                }
                // A coroutine does not block whoever calls it. For processes it does not matter:
                // somebody will run it.
                let follows_coroutines = is == Quality::MakesProcesses;
                if known.outline.is_async && !follows_coroutines {
                    continue;
                }
                if let Some(why) = known.itself(is, maybe) {
                    return Some(why);
                }
                for call in &known.outline.calls {
                    if call.is_awaited && !follows_coroutines || maybe && call.is_conditional {
                        continue;
                    }
                    let further = self.find(&call.name, &known.root);
                    next.extend(further.map(|further| (further, maybe || call.is_conditional)));
                }
            }
            level = next;
        }
        None
    }
}

impl Known {
    /// Why the function is like that by what it does itself; of what it does under a condition, only if
    /// it is called without one.
    fn itself(&self, is: Quality, maybe: bool) -> Option<String> {
        let file = &self.file;
        match is {
            Quality::Blocks => {
                let (what, line, conditional) = self.outline.blocks.as_ref()?;
                (!(maybe && *conditional)).then(|| format!("`{what}` at {file}:{line}"))
            }
            Quality::MakesProcesses => {
                let line = self.outline.makes_processes?;
                Some(format!("{file}:{line}"))
            }
            Quality::IsCoroutine => self.outline.is_coroutine.then(String::new),
        }
    }
}
