//! What the source of a program says.

use crate::{Place, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything the source alone says of a program and the project modules it imports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProgramSource {
    /// Absolute paths of the files read, the script first.
    pub files: Vec<String>,
    /// The sites, in file and line order; `Site::id` is the index.
    pub sites: Vec<Site>,
    /// Concurrency that the program already uses.
    pub existing: Vec<ExistingConcurrency>,
    /// Whether the script guards its start with `if __name__ == "__main__"`.
    pub main_guard: bool,
    /// Top-level names of the modules that the script and its project modules import.
    pub imports: Vec<String>,
    /// What is known of those of them that the tables of knowledge name.
    #[serde(default)]
    pub import_facts: Vec<ImportFact>,
    /// Whether the program has an `async def` or starts an event loop.
    pub uses_async: bool,
    /// What could not be read or followed.
    pub doubts: Vec<SourceDoubt>,
}

/// Something in the source that could not be read or followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceDoubt {
    /// Where.
    pub place: Place,
    /// What, as a sentence without a full stop.
    pub doubt: String,
}

/// A place in the source where tasks are or could be issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Index in [`ProgramSource::sites`].
    pub id: u32,
    /// What kind of place it is.
    pub kind: SiteKind,
    /// Path as shown to people: relative to the working directory where possible.
    pub file: String,
    /// Absolute path, as CPython's code objects name it when the program runs.
    pub path: String,
    /// The whole statement or expression.
    pub span: Span,
    /// Name of the enclosing function as in `co_name`; `<module>` at the top level.
    pub function: String,
    /// First line of the enclosing function's `def` (of its first decorator); 1 at the top level.
    pub function_line: u32,
    /// The site that encloses this one in the same function, if any (nested loops).
    pub parent: Option<u32>,
    /// Whether the enclosing function is an `async def`.
    pub in_async: bool,
    /// What the loop goes through; `None` for `while` loops and runs of calls.
    pub iterable: Option<Iterable>,
    /// The calls in the loop's body that could be the task, in order of evaluation, at most 32.
    pub calls: Vec<CallSpot>,
    /// Index in `calls` of the call that the source suggests as the task; `None` where the
    /// whole body is the task.
    pub callee: Option<usize>,
    /// Whether the iterations are independent when the *whole body* is the task.
    pub independence: Independence,
    /// Effects of the whole body, callees in the project included.
    pub effects: Vec<Effect>,
    /// What has to cross to a worker when the whole body is the task.
    pub crossing: Crossing,
    /// The `break`, `return` or `raise` that may end the loop early, if any.
    pub early_exit: Option<Place>,
    /// The loop's text in pieces; `None` for runs of calls.
    pub text: Option<LoopText>,
    /// Of a run of calls: its statements.
    pub members: Vec<Member>,
    /// Of a run of calls: which member needs which.
    pub dependencies: Vec<Dependency>,
}

/// What kind of place a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// `for … in …:`
    For,
    /// `while …:`
    While,
    /// `[… for … in …]`
    ListComprehension,
    /// `{… for … in …}`
    SetComprehension,
    /// `{…: … for … in …}`
    DictComprehension,
    /// `(… for … in …)`, also as the only argument of `sum`, `max`, `sorted`, `join`, …
    GeneratorExpression,
    /// `map(f, …)` (the built-in one) with its consumer.
    Map,
    /// Statements in a row in one block, each with a call worth its own worker.
    Run,
}

/// What a loop goes through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Iterable {
    /// The expression after `in` (of `map`: the second argument).
    pub span: Span,
    /// Its text.
    pub text: String,
    /// Whether it is a call known to do no work itself: its items are made while the loop runs
    /// (`range(n)`, `open(path)`, a generator).
    #[serde(default)]
    pub lazy: bool,
}

/// A call in a loop's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallSpot {
    /// The call expression; of `map(f, …)`, the function argument.
    pub span: Span,
    /// The callee as written: `convert`, `self.fetch`, `requests.get`, `<lambda>`.
    pub name: String,
    /// The call's text.
    pub text: String,
    /// The arguments' texts, keywords as `key=value`.
    pub arguments: Vec<String>,
    /// Where the callee is defined, if in the project.
    pub target: Option<Place>,
    /// The callee's full dotted name, if imported from outside the project or a builtin
    /// (`urllib.request.urlopen`, `sorted`).
    pub external: Option<String>,
    /// Whether the call is awaited.
    pub awaited: bool,
    /// Whether the arguments depend on the loop's target (a call that does not is the same
    /// every time).
    pub uses_target: bool,
    /// Whether the iterations are independent when *this call* is the task: what stands before
    /// it runs first, in order, and what stands after it follows in order with its result.
    pub independence: Independence,
    /// Effects of this call, callees in the project included.
    pub effects: Vec<Effect>,
    /// What has to cross to a worker when this call is the task.
    pub crossing: Crossing,
    /// What becomes of the result.
    pub result: ResultUse,
    /// How the call uses sockets.
    pub sockets: SocketUse,
    /// Whether it waits for something outside its thread: a socket, a lock, a child process.
    #[serde(default)]
    pub blocks: Decided,
    /// Whether other threads run while it works or waits, in builds with the GIL.
    #[serde(default)]
    pub releases_gil: Decided,
}

/// An answer, with the line that decides it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// Yes, no or unknown.
    pub answer: Answer,
    /// The line.
    pub place: Option<Place>,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// What is known of a module that the program imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportFact {
    /// Its name in the tables of knowledge (`numpy`).
    pub module: String,
    /// Its first import.
    pub place: Place,
    /// Whether it loads in an interpreter with a GIL of its own.
    pub subinterpreters: Answer,
    /// Whether it works without the GIL; `no`: importing it turns the GIL back on in a free-threaded
    /// build.
    pub free_threaded: Answer,
}

/// Yes, no or unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It cannot be told.
    #[default]
    Unknown,
}

/// Whether a site's iterations are independent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Independence {
    /// Yes, no or unknown.
    pub answer: Answer,
    /// What carries state from one iteration to the next (for `no`), or may (for `unknown`).
    pub carriers: Vec<Carrier>,
}

/// A name that carries state from one iteration to the next, or may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Carrier {
    /// The name as written (`digest`, `self.total`, `random` for the global random state).
    pub name: String,
    /// The line that decides.
    pub place: Place,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// What to change so that it no longer does, as an instruction without a full stop.
    pub change: Option<String>,
}

/// Something a task does besides returning a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// What kind.
    pub kind: EffectKind,
    /// The line.
    pub place: Place,
    /// What exactly, as a sentence without a full stop.
    pub detail: String,
}

/// Kinds of effects.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum EffectKind {
    WritesGlobal,
    WritesAttribute,
    WritesArgument,
    WritesClosure,
    ReadsFile,
    WritesFile,
    DeletesFile,
    Network,
    Database,
    Prints,
    Logs,
    ReadsInput,
    RandomState,
    Environment,
    WorkingDirectory,
    Signal,
    ChildProcess,
    Sleeps,
}

/// What has to cross to a worker process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Crossing {
    /// Whether the callee can be found by name in another process.
    pub importable: Answer,
    /// Names of the enclosing function that the task reads (without the loop's own).
    pub captured: Vec<String>,
    /// Doubts about pickling, as sentences without a full stop.
    pub doubts: Vec<String>,
    /// Module-level names that the program changes after import and the task reads: a spawned
    /// worker would see their first value.
    pub stale_globals: Vec<String>,
}

/// What becomes of the task's result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "use", content = "name")]
pub enum ResultUse {
    /// Nothing.
    #[default]
    Discarded,
    /// Appended to the named list.
    Appended(String),
    /// Stored under a key in the named dict.
    Stored(String),
    /// Added to, or otherwise folded into, the named accumulator.
    Folded(String),
    /// The element of a comprehension or `map`.
    Element,
    /// Decides whether the element is kept (the comprehension's `if`).
    Filter,
    /// Assigned to the named local, which the rest of the body uses.
    Assigned(String),
    /// Part of a larger expression.
    Expression,
    /// Returned or yielded.
    Returned,
}

/// How a call uses sockets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SocketUse {
    /// The library that the sockets come from (`socket`, `urllib.request`, `requests`, …).
    pub library: Option<String>,
    /// The name of a connection or session made outside the task and used inside, if any.
    pub shared: Option<String>,
    /// The library that does the same natively in asyncio (`aiohttp`, `asyncio streams`), if any.
    pub async_twin: Option<String>,
}

/// A loop's text in pieces, for writing code with the program's own names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopText {
    /// The loop's target (`name, scores`).
    pub target: String,
    /// The body's statements, dedented, one string each (of a comprehension: the element; of a
    /// dict comprehension: key and value as two).
    pub body: Vec<String>,
    /// Index in `body` of the statement with the suggested callee.
    pub call_statement: Option<usize>,
    /// Indices in `body` of statements that stand before the suggested call, but neither does it
    /// need them nor would it notice them (a `print`, a counter). The call's independence is
    /// judged with these after it: only there do they keep their order with what follows.
    #[serde(default)]
    pub later: Vec<usize>,
    /// Comprehension conditions.
    pub conditions: Vec<String>,
    /// The whole statement that holds the site, dedented.
    pub statement: String,
}

/// A statement in a run of calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The statement.
    pub span: Span,
    /// Its text, dedented.
    pub text: String,
    /// The hot call's callee as written.
    pub callee: String,
    /// Names that it reads.
    pub reads: Vec<String>,
    /// Names that it binds or whose objects it may change.
    pub writes: Vec<String>,
    /// Effects, callees in the project included.
    pub effects: Vec<Effect>,
}

/// One member of a run needs another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dependency {
    /// Index of the member that comes first.
    pub earlier: usize,
    /// Index of the member that needs it.
    pub later: usize,
    /// How.
    pub kind: DependencyKind,
    /// The name that carries it.
    pub name: String,
}

/// How one member of a run needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DependencyKind {
    /// It needs the finished value.
    Value,
    /// It goes through items that the earlier one delivers one by one (a list filled by a
    /// callback or in a loop, then iterated): a queue between them would let both run at once.
    Stream,
}

/// Concurrency that the program already uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExistingConcurrency {
    /// Where.
    pub place: Place,
    /// The API's dotted name (`concurrent.futures.ThreadPoolExecutor`, `asyncio.gather`).
    pub api: String,
    /// Settings as written (`max_workers=4`).
    pub settings: Vec<String>,
}
