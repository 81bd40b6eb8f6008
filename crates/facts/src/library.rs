//! Which files are not the program's own.

/// Whether the file belongs to the standard library or to an installed package, or is inside the
/// interpreter (`<frozen importlib._bootstrap>`), by where such files are installed everywhere:
/// `site-packages`, `dist-packages`, and `python3…` below a folder `lib…`.
///
/// What has no file (`<string>`, `<stdin>`, a notebook's cell) is the program's own.
#[must_use]
pub fn is_library(file: &str) -> bool {
    let mut parent = "";
    for part in file.split(['/', '\\']) {
        let installed = part == "site-packages" || part == "dist-packages";
        let standard = parent.starts_with("lib") && part.starts_with("python3");
        if installed || standard {
            return true;
        }
        parent = part;
    }
    file.starts_with("<frozen ")
}

#[cfg(test)]
mod tests {
    use super::is_library;

    #[test]
    fn the_standard_library_and_packages_are_not_the_programs_own() {
        for file in [
            "/usr/lib/python3.13/asyncio/events.py",
            "/usr/lib64/python3.12/json/decoder.py",
            "/usr/lib/python3/dist-packages/apt/cache.py",
            "/home/me/.venv/lib/python3.12/site-packages/requests/api.py",
            "/opt/python/3.14t/lib/python3.14t/queue.py",
            r"C:\venv\Lib\site-packages\requests\api.py",
            "<frozen importlib._bootstrap>",
        ] {
            assert!(is_library(file), "{file}");
        }
        for file in [
            "app.py",
            "/home/me/lib/tool.py",
            "/srv/python3/app.py",
            "<string>",
        ] {
            assert!(!is_library(file), "{file}");
        }
    }
}
