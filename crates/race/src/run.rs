//! One run of a variant.

use crate::effects::{REPORT_BYTES, Report};
use crate::error::{At, RaceError};
use crate::keeper::{Ended, Keeper, Limits, Order, Ran, carried};
use crate::listening::Listening;
use crate::scratch::{Scratch, remove};
use crate::setup::{Setup, Target, Variant};
use crate::writable::{temporary_folders, writable};
use serde::Serialize;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Our Python, by where it lies in the race's folder.
const AGENT: [(&str, &str); 7] = [
    ("launch.py", include_str!("agent/launch.py")),
    (
        "hook/sitecustomize.py",
        include_str!("agent/sitecustomize.py"),
    ),
    (
        "hook/rightlane_race_launch.py",
        include_str!("agent/rightlane_race_launch.py"),
    ),
    (
        "hook/rightlane_race_hook.py",
        include_str!("agent/rightlane_race_hook.py"),
    ),
    (
        "hook/rightlane_race_overlay.py",
        include_str!("agent/rightlane_race_overlay.py"),
    ),
    (
        "hook/rightlane_race_guard.py",
        include_str!("agent/rightlane_race_guard.py"),
    ),
    (
        "hook/rightlane_race_commands.py",
        include_str!("agent/rightlane_race_commands.py"),
    ),
];

/// What the hooks and the launcher read. Strings, numbers and lists only: Python evaluates it.
#[derive(Serialize)]
struct Plan {
    program: Vec<String>,
    module: u8,
    directory: String,
    overlay: Vec<(String, String)>,
    guard: u8,
    root: String,
    copy: String,
    temporary: Vec<String>,
    allow: u8,
    landlock: u32,
    #[serde(flatten)]
    listening: Listening,
}

/// What a run showed.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) ran: Ran,
    pub(crate) ended: Ended,
    pub(crate) report: Report,
}

/// Writes our Python into the race's folder.
pub(crate) fn settle(folder: &Path) -> Result<(), RaceError> {
    for made in ["hook", "pyc"] {
        let made = folder.join(made);
        fs::create_dir_all(&made).at(&made)?;
    }
    for (name, text) in AGENT {
        let path = folder.join(name);
        fs::write(&path, text).at(&path)?;
    }
    Ok(())
}

/// Runs `variant` once, in the copy if there is one. Its output is in the folder `run` afterwards.
pub(crate) fn run(
    setup: &Setup<'_>,
    keeper: &mut Keeper,
    scratch: Option<&mut Scratch>,
    variant: &Variant,
    limits: Limits,
) -> Result<Run, RaceError> {
    let folder = keeper.folder.clone();
    for fresh in ["run", "tmp"] {
        let fresh = folder.join(fresh);
        remove(&fresh).at(&fresh)?;
        fs::create_dir_all(&fresh).at(&fresh)?;
    }
    let place = Place::prepare(scratch, variant, &folder.join("run"))?;
    let temporary = temporary_folders(&setup.root, &setup.temporary);
    let plan = plan(setup, variant, &place, keeper.landlock, &temporary);
    let text = serde_json::to_string(&plan).map_err(RaceError::keeper)?;
    let path = folder.join("run/plan");
    fs::write(&path, text).at(&path)?;
    let order = order(setup, variant, &place, &folder, &temporary);
    let outputs = ["stdout", "stderr"].map(|name| folder.join("run").join(name));
    let (ran, ended) = keeper.run(&order, limits, &outputs, setup.interrupt)?;
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(folder.join("run/report")) {
        drop(file.take(REPORT_BYTES).read_to_end(&mut bytes));
    }
    let report = Report::read(&bytes);
    Ok(Run { ran, ended, report })
}

/// Where a run takes place.
struct Place {
    /// The copy; none: in place.
    copy: Option<PathBuf>,
    /// Paths as the program has them, and the files with their texts.
    overlay: Vec<(PathBuf, PathBuf)>,
}

impl Place {
    fn prepare(
        scratch: Option<&mut Scratch>,
        variant: &Variant,
        run: &Path,
    ) -> Result<Self, RaceError> {
        let mut overlay = Vec::new();
        let Some(scratch) = scratch else {
            for (number, (path, text)) in variant.overlay.iter().enumerate() {
                let file = run.join(format!("text-{number}"));
                fs::write(&file, text).at(&file)?;
                if let Ok(real) = fs::canonicalize(path)
                    && real != *path
                {
                    overlay.push((real, file.clone()));
                }
                overlay.push((path.clone(), file));
            }
            return Ok(Self {
                copy: None,
                overlay,
            });
        };
        let mut texts = Vec::new();
        for (number, (path, text)) in variant.overlay.iter().enumerate() {
            let real = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            let mapped = scratch.mapped(&real);
            let file = if mapped == real {
                let file = run.join(format!("text-{number}"));
                fs::write(&file, text).at(&file)?;
                file
            } else {
                // It has the text itself; listed so that nobody keeps what it compiles to.
                overlay.push((mapped.clone(), mapped.clone()));
                texts.push((mapped.clone(), text.as_str()));
                mapped
            };
            // By the person's own path too: an editable installation leads there.
            overlay.push((path.clone(), file.clone()));
            overlay.push((real, file));
        }
        scratch.prepare(&texts)?;
        Ok(Self {
            copy: Some(scratch.copy.clone()),
            overlay,
        })
    }

    /// Where a path of the person's is for the program.
    fn mapped(&self, path: &Path, root: &Path) -> PathBuf {
        let Some(copy) = self.copy.as_ref().filter(|_| path.is_absolute()) else {
            return path.to_owned();
        };
        // The person may come to the tree by a symbolic link.
        let real = match (path.parent().map(fs::canonicalize), path.file_name()) {
            (Some(Ok(folder)), Some(name)) => folder.join(name),
            _ => path.to_owned(),
        };
        match path.strip_prefix(root).or_else(|_| real.strip_prefix(root)) {
            Ok(rest) if rest.as_os_str().is_empty() => copy.clone(),
            Ok(rest) => copy.join(rest),
            Err(_) => path.to_owned(),
        }
    }
}

fn plan(
    setup: &Setup<'_>,
    variant: &Variant,
    place: &Place,
    landlock: u32,
    temporary: &[PathBuf],
) -> Plan {
    let text = |path: &Path| carried(path.as_os_str());
    let (target, module) = match &variant.target {
        Target::Script(path) => (place.mapped(path, &setup.root).into_os_string(), false),
        Target::Module(name) => (OsString::from(name), true),
    };
    let arguments = variant.arguments.iter();
    let arguments = arguments.map(|one| place.mapped(Path::new(one), &setup.root).into_os_string());
    Plan {
        program: std::iter::once(target)
            .chain(arguments)
            .map(|one| carried(&one))
            .collect(),
        module: module.into(),
        directory: text(&place.mapped(&setup.directory, &setup.root)),
        overlay: place
            .overlay
            .iter()
            .map(|(path, file)| (text(path), text(file)))
            .collect(),
        guard: 1,
        root: text(&setup.root),
        copy: place.copy.as_deref().map(text).unwrap_or_default(),
        temporary: temporary.iter().map(|path| text(path)).collect(),
        allow: setup.allow_effects.into(),
        landlock,
        listening: Listening::now(),
    }
}

fn order(
    setup: &Setup<'_>,
    variant: &Variant,
    place: &Place,
    folder: &Path,
    temporary: &[PathBuf],
) -> Order {
    let inside = |name: &str| carried(folder.join(name).as_os_str());
    let mut arguments = vec![carried(variant.python.as_os_str())];
    arguments.extend(variant.python_flags.iter().map(|one| carried(one)));
    arguments.push(inside("launch.py"));
    let everywhere = [PathBuf::from("/")];
    let folders = if setup.allow_effects {
        &everywhere
    } else {
        temporary
    };
    let directory = place.mapped(&setup.directory, &setup.root);
    Order {
        arguments,
        directory: carried(directory.as_os_str()),
        environment: vec![
            ("PYTHONPATH".to_owned(), inside("hook")),
            ("TMPDIR".to_owned(), inside("tmp")),
        ],
        stdout: inside("run/stdout"),
        stderr: inside("run/stderr"),
        open: setup.allow_effects,
        writable: writable(folder, folders, &setup.root)
            .iter()
            .map(|path| carried(path.as_os_str()))
            .collect(),
    }
}

/// The last lines of a file, lossily.
pub(crate) fn tail(path: &Path, most: usize) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let from = bytes.len().saturating_sub(most);
    let text = OsStr::from_bytes(bytes.get(from..).unwrap_or_default());
    let text = text.to_string_lossy();
    let lines: Vec<String> = text
        .lines()
        .map(|line| crate::effects::clean(line, 200))
        .collect();
    let first = lines.len().saturating_sub(20);
    lines.get(first..).unwrap_or_default().join("\n")
}
