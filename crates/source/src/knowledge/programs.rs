//! The table of programs that run as child processes.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Which files a program writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Writes {
    Nothing,
    /// What its last word names.
    Last,
    /// What its first word names that is no option.
    First,
    /// What its words name.
    Each,
    /// What is in its working directory.
    Folder,
    /// What one of these options names; without, what is in its working directory.
    Option(Vec<&'static str>),
    /// What one of these options names; nothing without.
    Optional(Vec<&'static str>),
}

static TABLE: LazyLock<HashMap<&'static str, Writes>> = LazyLock::new(|| {
    let rows = include_str!("programs.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    rows.filter_map(row).collect()
});

fn row(line: &'static str) -> Option<(&'static str, Writes)> {
    let mut words = line.split_ascii_whitespace();
    let (name, writes) = (words.next()?, words.next()?);
    let options: Vec<&str> = words.collect();
    Some((
        name,
        match writes {
            "nothing" => Writes::Nothing,
            "last" => Writes::Last,
            "first" => Writes::First,
            "each" => Writes::Each,
            "folder" => Writes::Folder,
            "option" => Writes::Option(options),
            "optional" => Writes::Optional(options),
            _ => return None,
        },
    ))
}

/// What the program writes, called with this word next; `None` if nothing is known of it.
pub(crate) fn program(path: &str, next: Option<&str>) -> Option<&'static Writes> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let with_next = next.and_then(|next| TABLE.get(format!("{name}-{next}").as_str()));
    with_next.or_else(|| TABLE.get(name))
}

#[cfg(test)]
mod tests {
    use super::{TABLE, Writes, program};

    #[test]
    fn every_line_of_the_table_is_a_row() {
        let lines = include_str!("programs.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), TABLE.len());
    }

    #[test]
    fn the_next_word_decides_where_the_table_says_so() {
        assert_eq!(program("git", Some("status")), Some(&Writes::Nothing));
        assert_eq!(program("/usr/bin/git", Some("add")), Some(&Writes::Folder));
        assert_eq!(program("pip", Some("install")), None);
    }
}
