//! Which names mean the same file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// The program's files, by number.
#[derive(Default)]
pub(super) struct Files {
    /// Canonical path and number.
    numbers: HashMap<String, usize>,
    known: HashMap<Arc<str>, Option<usize>>,
}

impl Files {
    /// The number of the file at an absolute path; equal for paths that lead to the same file.
    pub(super) fn add(&mut self, path: &str) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(canonical(path)).or_insert(next)
    }

    /// The number of the file that a code object names, if it is one of the program's.
    pub(super) fn find(&mut self, name: &Arc<str>) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let found = self.look(name);
        self.known.insert(Arc::clone(name), found);
        found
    }

    fn look(&self, name: &str) -> Option<usize> {
        if Path::new(name).is_absolute() {
            return self
                .numbers
                .get(name)
                .or_else(|| self.numbers.get(&canonical(name)))
                .copied();
        }
        // `<frozen …>`, `<string>` and the like are no files.
        if name.starts_with('<') || name.is_empty() {
            return None;
        }
        let relative = name.strip_prefix("./").unwrap_or(name);
        let mut ends = self
            .numbers
            .iter()
            .filter(|(path, _)| Path::new(path).ends_with(relative));
        match (ends.next(), ends.next()) {
            (Some((_, number)), None) => Some(*number),
            _ => None,
        }
    }
}

/// The path without links and dots; as it is if the file is not there (any more).
fn canonical(path: &str) -> String {
    std::fs::canonicalize(path)
        .map(|path| path.to_string_lossy().into_owned())
        .unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_names_match_the_one_file_that_ends_like_them() {
        let mut files = Files::default();
        let main = files.add("/no/where/app/main.py");
        let helper = files.add("/no/where/app/lib/util.py");
        files.add("/no/where/app/other/util.py");
        let mut find = |name: &str| files.find(&Arc::from(name));
        assert_eq!(find("/no/where/app/main.py"), Some(main));
        assert_eq!(find("main.py"), Some(main));
        assert_eq!(find("./app/main.py"), Some(main));
        assert_eq!(find("lib/util.py"), Some(helper));
        assert_eq!(find("util.py"), None, "two files end like this");
        assert_eq!(find("in.py"), None, "only whole names count");
        assert_eq!(find("<string>"), None);
        assert_eq!(find(""), None);
    }
}
