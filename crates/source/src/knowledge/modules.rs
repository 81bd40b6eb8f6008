//! Which modules are known at all.

use super::functions;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether something is known of the package that `name` (dotted) belongs to: it is of the standard
/// library, or one of those that the tables are about. What a function of any other one does, nobody
/// here can say: it may keep state from call to call.
pub(crate) fn is_known(name: &str) -> bool {
    static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let library = include_str!("stdlib_modules.txt").lines();
        let externals = include_str!("externals.txt").lines();
        let types = include_str!("types.txt").lines();
        let plain = library.chain(externals).chain(types);
        let listed = plain.filter(|line| !line.is_empty() && !line.starts_with('#'));
        listed.chain(functions::names()).map(package).collect()
    });
    // Without a dot it is a builtin.
    !name.contains('.') || KNOWN.contains(package(name))
}

/// The first part of a dotted name.
fn package(name: &str) -> &str {
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
    end.map_or(name, |end| &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_the_tables_are_known_by_any_of_their_names_and_others_are_not() {
        for name in [
            "textwrap.fill",
            "numpy.fft.rfft",
            "requests.get",
            "PIL.Image.open",
            "sorted",
        ] {
            assert!(is_known(name), "{name}");
        }
        for name in ["astrolib.ephemeris", "our_package.tools.run"] {
            assert!(!is_known(name), "{name}");
        }
    }
}
