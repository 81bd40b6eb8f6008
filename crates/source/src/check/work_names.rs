//! What functions outside the file do, by their names: the tables of `knowledge`, builtins, methods of
//! the builtin types, and modules that only compute.

use super::work::Work;
use crate::knowledge::functions::{Blocks, Gil, function};
use ruff_python_ast::Arguments;

/// Builtins that do little, or as much as the loop around them.
const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "complex",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "object",
    "oct",
    "ord",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "str",
    "super",
    "tuple",
    "type",
    "zip",
    "StopIteration",
    "Exception",
    "KeyboardInterrupt",
    "SystemExit",
];

/// Methods of the builtin types that do little.
const METHODS: &[&str] = &[
    "add",
    "append",
    "appendleft",
    "bit_length",
    "capitalize",
    "clear",
    "copy",
    "decode",
    "discard",
    "encode",
    "endswith",
    "extend",
    "format",
    "isalnum",
    "isalpha",
    "isdigit",
    "islower",
    "isspace",
    "isupper",
    "items",
    "keys",
    "lower",
    "lstrip",
    "popleft",
    "removeprefix",
    "removesuffix",
    "rstrip",
    "setdefault",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "values",
    "zfill",
    "ljust",
    "rjust",
    "isnumeric",
    "is_integer",
    "conjugate",
    "hexdigest",
    "insert",
];

/// Methods of the builtin types that work through all of a text or list, with the GIL held.
const LONG_METHODS: &[&str] = &[
    "count",
    "find",
    "index",
    "intersection",
    "difference",
    "union",
    "join",
    "partition",
    "replace",
    "reverse",
    "rfind",
    "rindex",
    "rpartition",
    "rsplit",
    "sort",
    "split",
    "splitlines",
    "translate",
    "issubset",
    "issuperset",
    "symmetric_difference",
    "most_common",
    "casefold",
    "expandtabs",
];

/// Modules whose functions neither wait nor release the GIL, beyond what the tables say.
const COMPUTING: &[&str] = &[
    "math.",
    "cmath.",
    "random.",
    "itertools.",
    "functools.",
    "operator.",
    "collections.",
    "re.",
    "string.",
    "statistics.",
    "datetime.",
    "decimal.",
    "fractions.",
    "heapq.",
    "bisect.",
    "copy.",
    "textwrap.",
    "logging.",
    "os.path.",
    "hashlib.",
    "time.",
    "types.",
    "typing.",
    "enum.",
    "numbers.",
    "array.",
    "difflib.",
    "unicodedata.",
    "calendar.",
    "html.",
    "json.",
    "dataclasses.",
    "contextlib.suppress",
    "uuid.",
    "str.",
    "list.",
    "dict.",
    "set.",
    "tuple.",
    "bytes.",
    "os.environ",
    "os.fspath",
    "os.getpid",
    "os.sep",
    "threading.current_thread",
    "threading.get_ident",
    "pathlib.Path",
    "pathlib.PurePath",
];

/// Linear algebra that BLAS and LAPACK do.
const ALGEBRA: &[&str] = &[
    "numpy.dot",
    "numpy.matmul",
    "numpy.tensordot",
    "numpy.linalg.",
    "scipy.linalg.",
];

/// What a builtin does; `None` if there is no such builtin.
pub(super) fn builtin(name: &str) -> Option<Work> {
    if BUILTINS.contains(&name) || name.ends_with("Error") {
        return Some(Work::NOTHING);
    }
    match name {
        "sorted" | "sum" | "pow" => Some(Work::HOLDS),
        "open" => Some(Work::FILES),
        "input" => Some(Work::WAITS),
        _ => None,
    }
}

/// What a method does whose object is of a builtin type, or of an unknown one.
pub(super) fn method(attr: &str, given: &Arguments, owner: &str) -> Work {
    if METHODS.contains(&attr) {
        return Work::NOTHING;
    }
    if LONG_METHODS.contains(&attr) {
        return Work::HOLDS;
    }
    match attr {
        "read_bytes" | "read_text" | "write_bytes" | "write_text" => Work::FILES,
        // Of a dict or list, not of a queue, a cache or a client.
        "get" | "pop" if given.args.len() == 2 && given.keywords.is_empty() => Work::NOTHING,
        "get" | "pop" | "remove" if given.args.len() == 1 && is_data(owner) => Work::NOTHING,
        "pop" if given.is_empty() && is_data(owner) => Work::NOTHING,
        "dot" => Work::UNKNOWN | Work::ALGEBRA,
        _ => Work::UNKNOWN,
    }
}

/// Whether the text of an expression does not look like a client, cache or queue.
fn is_data(owner: &str) -> bool {
    let owner = owner.to_lowercase();
    let others = [
        "session", "client", "http", "api", "cache", "queue", "redis", "request", "conn", "pool",
    ];
    !others.iter().any(|word| owner.contains(word)) && owner != "q"
}

/// What a function outside this file does; `None` if nothing is known of it. `small`: it is given
/// nothing, or little each time.
pub(super) fn named(name: &str, small: bool) -> Option<Work> {
    let algebra = ALGEBRA.iter().any(|known| match known.strip_suffix('.') {
        Some(_) => name.starts_with(known) && !name.ends_with(".norm"),
        None => name == *known,
    });
    if algebra {
        return Some(Work::ALGEBRA | Work::RELEASES);
    }
    // Processes are meant by whoever shares something between them, and a loop in a thread of its own.
    if ["multiprocessing.", "asyncio."]
        .iter()
        .any(|module| name.starts_with(module))
    {
        return Some(Work::UNKNOWN);
    }
    if let Some(row) = function(name) {
        let work = match row.blocks {
            Blocks::Cpu => match row.releases_gil {
                // Hashes release the GIL for 2 KiB and more.
                Gil::Yes if small && name.starts_with("hashlib.") => Work::NOTHING,
                Gil::Yes => Work::RELEASES,
                Gil::No => Work::HOLDS,
                Gil::Partly | Gil::Unknown => Work::HOLDS | Work::RELEASES,
            },
            Blocks::File => Work::FILES,
            Blocks::Terminal if name == "print" || name.ends_with("echo") => Work::NOTHING,
            Blocks::No => Work::NOTHING,
            _ => Work::WAITS,
        };
        return Some(work);
    }
    let (owner, attr) = name.rsplit_once('.')?;
    match (owner, attr) {
        ("open", "read" | "write" | "readlines" | "writelines" | "readinto" | "readall") => {
            Some(Work::FILES)
        }
        ("open", _) => Some(Work::NOTHING),
        ("pathlib.Path", "read_text" | "write_text" | "glob" | "rglob" | "touch" | "is_file")
        | ("shutil", _) => Some(Work::FILES),
        ("subprocess.Popen", _) | ("socket.socket", _) | ("urllib.request", "urlretrieve") => {
            Some(Work::WAITS)
        }
        _ if COMPUTING.iter().any(|module| name.starts_with(module)) => Some(Work::NOTHING),
        // What a response or cursor does.
        _ => {
            let row = function(owner)?;
            let waits = matches!(
                row.blocks,
                Blocks::Socket | Blocks::Child | Blocks::Database
            );
            (waits
                && matches!(
                    attr,
                    "read" | "communicate" | "wait" | "fetchall" | "fetchone"
                ))
            .then_some(Work::WAITS)
        }
    }
}
