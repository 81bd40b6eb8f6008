//! The table of functions, classes and methods from outside the project.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A row of the table; see the head of `externals.txt` for the columns.
#[derive(Debug, Clone)]
pub(crate) struct External {
    pub does: Vec<Does>,
    /// Positions of the arguments that it changes.
    pub changes: Vec<usize>,
    pub changes_receiver: bool,
    /// A keyword whose value it changes (`file=`, `out=`).
    pub changes_keyword: Option<&'static str>,
    pub returns: Returns,
    pub cost: Cost,
    pub sockets: Option<&'static str>,
    pub twin: Option<&'static str>,
}

/// One thing that an external does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    File(FileUse, PathFrom),
    /// Opens a file; the mode decides whether it reads or writes.
    Open(PathFrom),
    /// Reads the path or the open file that is its first argument.
    ReadOrHandle,
    /// Uses a raw descriptor.
    Descriptor,
    /// Runs code that only the run will show.
    Anything,
    Network,
    Database,
    Print,
    Log,
    Input,
    Random,
    NumpyRandom,
    Environment,
    WorkingDirectory,
    Signal,
    Child,
    Sleep,
    Figure,
    Settings,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FileUse {
    Read,
    Write,
    /// Files with names of their own are put into the folder.
    Fill,
    Delete,
    /// Made if it does not exist: any number of tasks may do that.
    MakeDirectory,
    /// A file with a name of its own at every call.
    Temporary,
}

/// Which value names the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathFrom {
    Argument(usize),
    Receiver,
}

/// What an external returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returns {
    Unknown,
    /// Something that was chosen by a name, as the program runs.
    Foreign,
    Plain,
    Unique,
    /// The current time.
    Clock,
    Fresh,
    PlainSeq,
    PlainMap,
    Dict,
    /// An object of the type; it may wrap the argument, or the receiver.
    Type(&'static str),
    Wraps(&'static str, usize),
    WrapsReceiver(&'static str),
    Element(usize),
    /// An element that the argument no longer holds afterwards.
    Taken(usize),
    /// Goes through the elements while it is used.
    Iterator(usize),
    /// A new container of the same elements.
    Copy(usize),
    Same(usize),
    ReceiverElement,
    Zip,
    Enumerate,
    Product,
    Chain,
    Tuples(usize),
    /// The argument itself, again and again.
    Again(usize),
    /// Keys, each with a part of the one iterator.
    Groups,
    /// A dict of the first argument's elements as keys, each with the second argument.
    Keyed,
    Paths,
    Walk,
    Matches,
    CsvRows {
        dicts: bool,
    },
}

/// How much work a call is, as far as the name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cost {
    Cheap,
    Low,
    Call,
    Nap,
    Cpu,
    Io,
}

type Table = HashMap<&'static str, External>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = include_str!("externals.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    rows.filter_map(row).collect()
});

/// What is known of `dotted`: its own line, or that of the longest prefix.
pub(crate) fn external(dotted: &str) -> Option<&'static External> {
    if let Some(row) = TABLE.get(dotted) {
        return Some(row);
    }
    let mut rest = dotted;
    let mut key = String::new();
    while let Some((prefix, _)) = rest.rsplit_once('.') {
        key.clear();
        key.push_str(prefix);
        key.push_str(".*");
        if let Some(row) = TABLE.get(key.as_str()) {
            return Some(row);
        }
        rest = prefix;
    }
    None
}

/// Whether the table has a line for just this name.
pub(crate) fn has_own_line(dotted: &str) -> bool {
    TABLE.contains_key(dotted)
}

/// What is known of a method of objects of the type: its own line, or the type's.
pub(crate) fn external_method(of: &str, method: &str) -> Option<&'static External> {
    let own = TABLE.get(format!("{of}.{method}").as_str());
    own.or_else(|| {
        TABLE
            .get(format!("{of}.*").as_str())
            .filter(|_| is_type(of))
    })
}

/// Whether `of` names a type and not a module: the `*` line of a module says nothing of methods.
fn is_type(of: &str) -> bool {
    super::type_facts(of).is_some()
}

fn row(line: &'static str) -> Option<(&'static str, External)> {
    let mut words = line.split_ascii_whitespace();
    let (name, does, changes) = (words.next()?, words.next()?, words.next()?);
    let (returned, cost, sockets) = (words.next()?, words.next()?, words.next()?);
    let twin = words.collect::<Vec<_>>();
    let mut external = External {
        does: does.split(',').flat_map(parse_does).collect(),
        changes: Vec::new(),
        changes_receiver: false,
        changes_keyword: None,
        returns: parse_returns(returned),
        cost: parse_cost(cost)?,
        sockets: (sockets != "-").then_some(sockets),
        twin: twin_text(line, &twin),
    };
    for change in changes.split(',') {
        match change {
            "self" => external.changes_receiver = true,
            _ if change.ends_with('=') => external.changes_keyword = change.strip_suffix('='),
            _ => external.changes.extend(change.parse::<usize>().ok()),
        }
    }
    Some((name, external))
}

/// The last column, which may hold a space (`asyncio streams`).
fn twin_text(line: &'static str, words: &[&'static str]) -> Option<&'static str> {
    match words {
        [] | ["-"] => None,
        [only] => Some(only),
        [first, ..] => line.rfind(first).map(|at| line[at..].trim()),
    }
}

fn parse_cost(word: &str) -> Option<Cost> {
    Some(match word {
        "cheap" => Cost::Cheap,
        "low" => Cost::Low,
        "call" => Cost::Call,
        "nap" => Cost::Nap,
        "cpu" => Cost::Cpu,
        "io" => Cost::Io,
        _ => return None,
    })
}

fn parse_does(word: &'static str) -> Vec<Does> {
    let (verb, at) = word.split_once(':').unwrap_or((word, "0"));
    let path = match at {
        "self" => PathFrom::Receiver,
        _ => PathFrom::Argument(at.parse().unwrap_or(0)),
    };
    let file = |usage| vec![Does::File(usage, path)];
    let other = PathFrom::Argument(1);
    match verb {
        "read" => file(FileUse::Read),
        "write" => file(FileUse::Write),
        "fill" => file(FileUse::Fill),
        "delete" => file(FileUse::Delete),
        "makedir" => file(FileUse::MakeDirectory),
        "tempwrite" => file(FileUse::Temporary),
        "open" => vec![Does::Open(path)],
        "openself" => vec![Does::Open(PathFrom::Receiver)],
        "copy" => vec![
            Does::File(FileUse::Read, path),
            Does::File(FileUse::Write, other),
        ],
        "move" => vec![
            Does::File(FileUse::Delete, path),
            Does::File(FileUse::Write, other),
        ],
        "moveself" => {
            vec![
                Does::File(FileUse::Delete, PathFrom::Receiver),
                Does::File(FileUse::Write, path),
            ]
        }
        "readorhandle" => vec![Does::ReadOrHandle],
        "handle" => vec![Does::Descriptor],
        "anything" => vec![Does::Anything],
        "net" => vec![Does::Network],
        "db" => vec![Does::Database],
        "print" => vec![Does::Print],
        "log" => vec![Does::Log],
        "input" => vec![Does::Input],
        "random" => vec![Does::Random],
        "nprandom" => vec![Does::NumpyRandom],
        "env" => vec![Does::Environment],
        "cwd" => vec![Does::WorkingDirectory],
        "signal" => vec![Does::Signal],
        "child" => vec![Does::Child],
        "sleep" => vec![Does::Sleep],
        "figure" => vec![Does::Figure],
        "settings" => vec![Does::Settings],
        _ => Vec::new(),
    }
}

fn parse_returns(word: &'static str) -> Returns {
    let (name, at) = word.split_once(':').unwrap_or((word, ""));
    let position = at.parse::<usize>().unwrap_or(0);
    match name {
        "-" => Returns::Unknown,
        "foreign" => Returns::Foreign,
        "plain" => Returns::Plain,
        "unique" => Returns::Unique,
        "clock" => Returns::Clock,
        "fresh" => Returns::Fresh,
        "seq" => Returns::PlainSeq,
        "map" => Returns::PlainMap,
        "dict" => Returns::Dict,
        "elem" if at == "self" => Returns::ReceiverElement,
        "elem" => Returns::Element(position),
        "taken" => Returns::Taken(position),
        "iter" => Returns::Iterator(position),
        "list" => Returns::Copy(position),
        "same" => Returns::Same(position),
        "zip" => Returns::Zip,
        "enumerate" => Returns::Enumerate,
        "product" => Returns::Product,
        "chain" => Returns::Chain,
        "tuples" => Returns::Tuples(position),
        "elems" => Returns::Again(position),
        "groups" => Returns::Groups,
        "keyed" => Returns::Keyed,
        "paths" => Returns::Paths,
        "walk" => Returns::Walk,
        "matches" => Returns::Matches,
        "csvrows" => Returns::CsvRows { dicts: false },
        "csvdicts" => Returns::CsvRows { dicts: true },
        _ if at == "self" => Returns::WrapsReceiver(name),
        _ if !at.is_empty() => Returns::Wraps(name, position),
        _ => Returns::Type(name),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Does, FileUse, PathFrom, Returns, TABLE, external};

    #[test]
    fn every_line_of_the_table_is_a_row() {
        let lines = include_str!("externals.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        for line in lines {
            assert!(super::row(line).is_some(), "not a row: {line}");
        }
        assert!(TABLE.len() > 300);
    }

    #[test]
    fn the_longest_prefix_counts() {
        assert_eq!(
            external("numpy.random.rand").unwrap().does,
            [Does::NumpyRandom]
        );
        assert!(external("numpy.cumsum").unwrap().does.is_empty());
        assert_eq!(external("nosuchlibrary.f").map(|row| row.cost), None);
    }

    #[test]
    fn columns_are_read() {
        let row = external("pathlib.Path.write_text").unwrap();
        assert_eq!(row.does, [Does::File(FileUse::Write, PathFrom::Receiver)]);
        assert_eq!(
            external("sqlite3.Connection.cursor").unwrap().returns,
            Returns::WrapsReceiver("sqlite3.Cursor")
        );
        assert_eq!(
            external("socket.socket.recv").unwrap().twin,
            Some("asyncio streams")
        );
        assert_eq!(external("time.sleep").unwrap().cost, Cost::Nap);
        assert_eq!(external("json.dump").unwrap().changes, [1]);
    }
}
