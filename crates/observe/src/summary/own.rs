//! Which files are the program's own.

/// Whether the file belongs to the standard library or to an installed package (or is no file:
/// `<frozen importlib._bootstrap>`), by where such files are installed everywhere: below
/// `lib/python3…`.
#[must_use]
pub fn is_library(file: &str) -> bool {
    const FOLDERS: [&str; 3] = ["/lib/python3", "/site-packages/", "/dist-packages/"];
    file.starts_with('<') || FOLDERS.iter().any(|folder| file.contains(folder))
}

#[cfg(test)]
mod tests {
    use super::is_library;

    #[test]
    fn the_standard_library_and_packages_are_not_the_programs_own() {
        for file in [
            "/usr/lib/python3.13/asyncio/events.py",
            "/usr/lib/python3/dist-packages/apt/cache.py",
            "/home/me/.venv/lib/python3.12/site-packages/requests/api.py",
            "/opt/python/3.14t/lib/python3.14t/queue.py",
            "<frozen importlib._bootstrap>",
            "<string>",
        ] {
            assert!(is_library(file), "{file}");
        }
        for file in ["app.py", "/home/me/lib/tool.py", "/srv/python3/app.py"] {
            assert!(!is_library(file), "{file}");
        }
    }
}
