//! The table of object types: what sharing one between tasks means.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What sharing an object between tasks means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Every use changes it.
    Handle,
    /// No use changes it.
    Pure,
    /// Threads may share it; it hardly crosses to a process.
    Session,
    /// Made for sharing between threads; cannot cross to a process.
    Lock,
    /// Concurrency that is already there.
    Worker,
    /// One object for the whole process.
    Process,
    /// Its methods' names say what they change.
    Value,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypeFacts {
    pub sharing: Sharing,
    /// With its article: `an open socket`.
    pub noun: &'static str,
}

static TYPES: LazyLock<HashMap<&'static str, TypeFacts>> = LazyLock::new(|| {
    let rows = include_str!("types.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    rows.filter_map(row).collect()
});

fn row(line: &'static str) -> Option<(&'static str, TypeFacts)> {
    let (name, rest) = line.split_once(' ')?;
    let (sharing, noun) = rest.trim_start().split_once(' ')?;
    let sharing = match sharing {
        "handle" => Sharing::Handle,
        "pure" => Sharing::Pure,
        "session" => Sharing::Session,
        "lock" => Sharing::Lock,
        "worker" => Sharing::Worker,
        "process" => Sharing::Process,
        _ => Sharing::Value,
    };
    Some((
        name,
        TypeFacts {
            sharing,
            noun: noun.trim_start(),
        },
    ))
}

/// What is known of a type.
pub(crate) fn type_facts(name: &str) -> Option<TypeFacts> {
    TYPES.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::{Sharing, TYPES, type_facts};

    #[test]
    fn every_line_of_the_table_is_a_row_with_a_noun() {
        let lines = include_str!("types.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), TYPES.len());
        assert!(TYPES.values().all(|facts| !facts.noun.is_empty()));
    }

    #[test]
    fn a_shared_socket_is_a_handle_and_a_pattern_is_not() {
        assert_eq!(
            type_facts("socket.socket").unwrap().sharing,
            Sharing::Handle
        );
        assert_eq!(type_facts("re.Pattern").unwrap().sharing, Sharing::Pure);
    }
}
