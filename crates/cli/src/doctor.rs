//! `rightlane doctor`: this machine, its Pythons, what is permitted, measured costs.

use crate::args::{ColorWhen, DoctorArgs, Format};
use crate::failure::{Failure, exit};
use crate::terminal::{self, Stream};
use crate::{machine, python};
use rightlane_doctor::Error;
use rightlane_doctor::summary::{self, Permissions};
use rightlane_facts::PythonFacts;
use rightlane_report::{DoctorReport, SamplingReport, doctor_text, json};
use std::path::{Path, PathBuf};

/// Measures what is not known yet, and prints everything.
pub(crate) fn run(
    args: &DoctorArgs,
    color: ColorWhen,
    default_python: Option<&Path>,
) -> Result<i32, Failure> {
    let chosen = python::find(args.python.as_deref(), default_python, None)?;
    let machine = machine::measured(machine::probe(&chosen)?, args.recalibrate, false)?;
    let around = summary::summary(&search_path(), &installations());
    let report = DoctorReport {
        pythons: pythons(&machine.python, around.pythons),
        sampling: sampling(around.permissions),
        cache: machine::cache().map(|path| path.display().to_string()),
        machine,
    };
    let shown = match args.format {
        Format::Json => json(&report)
            .map_err(|error| Failure::not_here(format!("the report is no JSON: {error}")))?,
        Format::Text => doctor_text(&report, terminal::look(Stream::Out, color)),
    };
    terminal::write(Stream::Out, &shown);
    Ok(exit::DONE)
}

/// The measured one first, then every other that answers (shims of versions that are not switched
/// on, and broken environments, do not).
fn pythons(measured: &PythonFacts, found: Vec<Result<PythonFacts, Error>>) -> Vec<PythonFacts> {
    let others = found
        .into_iter()
        .flatten()
        .filter(|facts| facts.executable != measured.executable);
    std::iter::once(measured.clone()).chain(others).collect()
}

fn sampling(permissions: Permissions) -> SamplingReport {
    let refused =
        (permissions.child_memory == Some(false)).then(|| match permissions.ptrace_scope {
            Some(scope) if scope >= 2 => format!(
                "kernel.yama.ptrace_scope is {scope}: only root may read another process; \
             `sysctl kernel.yama.ptrace_scope=1` lets a parent read its children"
            ),
            _ => "the memory of a child cannot be read; in a container, it needs the capability \
              SYS_PTRACE"
                .to_owned(),
        });
    SamplingReport {
        permitted: refused.is_none(),
        reason: refused,
    }
}

fn search_path() -> String {
    std::env::var_os("PATH")
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Folders of interpreters that version managers install.
fn installations() -> Vec<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from);
    let home = dirs::home_dir();
    let pyenv = set("PYENV_ROOT").or_else(|| home.as_ref().map(|home| home.join(".pyenv")));
    let uv = set("UV_PYTHON_INSTALL_DIR")
        .or_else(|| dirs::data_dir().map(|data| data.join("uv").join("python")));
    pyenv
        .map(|root| root.join("versions"))
        .into_iter()
        .chain(uv)
        .collect()
}
