//! Interpreters that cannot be used.

use libtest_mimic::{Failed, Trial};
use rightlane_observe::run::{ObserveError, probe};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("probe: no such file", || {
            refused(
                Path::new("/nonexistent/python"),
                ObserveError::is_python_not_found,
            )
        }),
        Trial::test("probe: not executable", || {
            with_script("#!/bin/sh\n", 0o644, ObserveError::is_not_executable)
        }),
        Trial::test("probe: not a Python", || {
            with_script(
                "#!/bin/sh\necho hello\n",
                0o755,
                ObserveError::is_not_python,
            )
        }),
        Trial::test("probe: something that never stops talking", || {
            with_script(
                "#!/bin/sh\nwhile :; do echo y; done\n",
                0o755,
                ObserveError::is_not_python,
            )
        }),
        Trial::test("probe: another implementation", || {
            let text = "#!/bin/sh\nprintf 'rightlane-probe\\npypy\\n3 11 0\\n1\\n/p\\n3.11\\n'\n";
            with_script(text, 0o755, ObserveError::is_not_python)
        }),
        Trial::test("probe: too old", || {
            let text = "#!/bin/sh\nprintf 'rightlane-probe\\ncpython\\n3 9 18\\n1\\n/p\\n3.9\\n'\n";
            with_script(text, 0o755, ObserveError::is_too_old)
        }),
    ]
}

fn with_script(text: &str, mode: u32, expected: fn(&ObserveError) -> bool) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("python");
    std::fs::write(&path, text)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
    refused(&path, expected)
}

fn refused(python: &Path, expected: fn(&ObserveError) -> bool) -> Result<(), Failed> {
    match probe(python) {
        Err(error) if expected(&error) && error.to_string().contains("--python") => Ok(()),
        Err(error) => Err(format!("another error: {error}").into()),
        Ok(facts) => Err(format!("accepted: {facts:?}").into()),
    }
}
