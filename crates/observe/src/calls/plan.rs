//! Which loops and calls to watch.

use crate::run::Capture;
use rightlane_facts::{Answer, CallSpot, ProgramSource, Site, SiteKind, Span};
use std::collections::HashSet;

/// Calls watched per site: each costs a hook per argument while it is being watched, and about
/// 5 ns from then on.
const CALLS_PER_SITE: usize = 2;

/// What to watch in one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Absolute paths of the files concerned; watches name them by index.
    pub files: Vec<String>,
    /// Index of the script in `files`, if the program is one of them.
    pub main: Option<usize>,
    /// Loops whose iterations are counted and timed.
    pub loops: Vec<LoopWatch>,
    /// Calls that are timed and whose values are sized.
    pub calls: Vec<CallWatch>,
    /// Functions whose arguments are recorded.
    pub captures: Vec<CaptureWatch>,
}

/// A function whose calls' arguments are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureWatch {
    /// Index in [`Plan::files`].
    pub file: usize,
    /// Its name, at the file's top level.
    pub function: String,
    /// The file that the calls are written to, one a line.
    pub to: String,
}

/// A loop to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopWatch {
    /// Index in [`Plan::files`].
    pub file: usize,
    /// The site's id.
    pub site: u32,
    /// How it takes its iterable.
    pub kind: LoopKind,
    /// Whether a `break` or `return` may leave it early.
    pub exits: bool,
    /// Whether there are no calls and no loops in it, so that an iteration takes next to no time.
    pub tight: bool,
    /// The iterable expression.
    pub iterable: Span,
}

/// How a loop takes its iterable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopKind {
    /// Right away: `for` statements, list, set and dict comprehensions.
    Direct,
    /// When it is made, before it runs: generator expressions.
    Generator,
    /// As the second argument of `map`.
    Map,
}

/// A call to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallWatch {
    /// Index in [`Plan::files`].
    pub file: usize,
    /// The site's id.
    pub site: u32,
    /// Index in [`Site::calls`].
    pub call: usize,
    /// The call expression; of `map(f, …)`, the function argument.
    pub span: Span,
    /// Whether it is a function that is handed to `map`.
    pub mapped: bool,
}

/// Called in the frame that they look at, or by the compiler's own rules.
const UNTOUCHABLE: [&str; 9] = [
    "super",
    "locals",
    "globals",
    "vars",
    "dir",
    "eval",
    "exec",
    "breakpoint",
    "__import__",
];

/// Modules whose functions are never a task.
const TRIVIAL_MODULES: [&str; 9] = [
    "collections.",
    "datetime.",
    "itertools.",
    "math.",
    "operator.",
    "os.path.",
    "random.",
    "string.",
    "struct.",
];

/// Methods of built-in types that are never a task, whatever object they are called on.
const TRIVIAL_METHODS: [&str; 44] = [
    "add",
    "append",
    "appendleft",
    "capitalize",
    "clear",
    "copy",
    "count",
    "decode",
    "discard",
    "encode",
    "endswith",
    "extend",
    "find",
    "format",
    "get",
    "index",
    "insert",
    "isdigit",
    "items",
    "join",
    "keys",
    "lower",
    "lstrip",
    "partition",
    "pop",
    "popleft",
    "remove",
    "replace",
    "reverse",
    "rfind",
    "rpartition",
    "rsplit",
    "rstrip",
    "setdefault",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "title",
    "update",
    "upper",
    "values",
    "write",
    "zfill",
];

impl Plan {
    /// Chooses: every loop with an iterable, and in each the suggested call with up to two
    /// others that could be the task.
    #[must_use]
    pub fn new(source: &ProgramSource, is_script: bool) -> Self {
        let mut plan = Plan::default();
        let mut taken = HashSet::new();
        for site in &source.sites {
            let calls = candidates(site);
            if site.iterable.is_none() && calls.is_empty() {
                continue;
            }
            let file = plan.file(&site.path);
            if let Some(watch) = watch_loop(site, file, source) {
                plan.loops.push(watch);
            }
            for (call, spot) in calls {
                // The same call stands in the bodies of all loops around it.
                if taken.insert((file, spot.span)) {
                    plan.calls.push(CallWatch {
                        file,
                        site: site.id,
                        call,
                        span: spot.span,
                        mapped: site.kind == SiteKind::Map,
                    });
                }
            }
        }
        plan.find_main(source, is_script);
        plan
    }

    fn find_main(&mut self, source: &ProgramSource, is_script: bool) {
        let script = source.files.first().filter(|_| is_script);
        self.main = script.and_then(|script| self.files.iter().position(|file| file == script));
    }

    /// Has the arguments of a function's calls recorded.
    pub(crate) fn capture(
        &mut self,
        capture: &Capture<'_>,
        source: &ProgramSource,
        is_script: bool,
    ) {
        let file = self.file(capture.file);
        self.captures.push(CaptureWatch {
            file,
            function: capture.function.to_owned(),
            to: capture.to.to_string_lossy().into_owned(),
        });
        self.find_main(source, is_script);
    }

    fn file(&mut self, path: &str) -> usize {
        let known = self.files.iter().position(|file| file == path);
        known.unwrap_or_else(|| {
            self.files.push(path.to_owned());
            self.files.len() - 1
        })
    }
}

fn watch_loop(site: &Site, file: usize, source: &ProgramSource) -> Option<LoopWatch> {
    let kind = match site.kind {
        SiteKind::GeneratorExpression => LoopKind::Generator,
        SiteKind::Map => LoopKind::Map,
        SiteKind::While | SiteKind::Run => return None,
        SiteKind::For
        | SiteKind::ListComprehension
        | SiteKind::SetComprehension
        | SiteKind::DictComprehension => LoopKind::Direct,
    };
    Some(LoopWatch {
        file,
        site: site.id,
        kind,
        exits: site.early_exit.is_some(),
        tight: site.calls.is_empty() && !source.sites.iter().any(|other| is_inside(other, site)),
        iterable: site.iterable.as_ref()?.span,
    })
}

fn is_inside(other: &Site, site: &Site) -> bool {
    other.id != site.id && other.path == site.path && site.span.holds(&other.span)
}

/// The calls of a site worth watching, the suggested one first. A call that holds or is held by
/// one that was chosen adds nothing; nor does one that needs what the iteration before it left:
/// nobody will send it to a worker, and each hook costs every iteration a few nanoseconds.
fn candidates(site: &Site) -> Vec<(usize, &CallSpot)> {
    // Of a run of calls it is enough to know how long each took, which the samples tell.
    if site.kind == SiteKind::Run {
        return Vec::new();
    }
    let suggested = site.callee.unwrap_or(usize::MAX);
    let mut calls: Vec<(usize, &CallSpot)> = site
        .calls
        .iter()
        .enumerate()
        .filter(|(index, spot)| {
            can_be_watched(spot)
                && spot.independence.answer != Answer::No
                && (*index == suggested || may_be_task(spot))
        })
        .collect();
    // Stable: among equals the order of evaluation stays.
    calls.sort_by_key(|(index, spot)| (*index != suggested, spot.target.is_none()));
    let mut chosen: Vec<(usize, &CallSpot)> = Vec::new();
    for (index, spot) in calls {
        let overlaps = |(_, other): &(usize, &CallSpot)| {
            other.span.holds(&spot.span) || spot.span.holds(&other.span)
        };
        if chosen.len() < CALLS_PER_SITE && !chosen.iter().any(overlaps) {
            chosen.push((index, spot));
        }
    }
    chosen
}

/// Awaited calls only make a coroutine: there is nothing to time or to pickle.
fn can_be_watched(spot: &CallSpot) -> bool {
    !spot.awaited && !UNTOUCHABLE.contains(&spot.name.as_str())
}

fn may_be_task(spot: &CallSpot) -> bool {
    if spot.target.is_some() {
        return true;
    }
    match &spot.external {
        // Without a dot it is a builtin.
        Some(name) => {
            let is_trivial = TRIVIAL_MODULES
                .iter()
                .any(|module| name.starts_with(module));
            name.contains('.') && !is_trivial
        }
        None => {
            let method = spot.name.rsplit('.').next().unwrap_or(&spot.name);
            !TRIVIAL_METHODS.contains(&method)
        }
    }
}
