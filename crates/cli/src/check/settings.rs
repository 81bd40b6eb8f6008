//! Which rules count where: options, and `[tool.rightlane.check]` of the nearest `pyproject.toml`.

use super::CheckArgs;
use crate::failure::Failure;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use rightlane_facts::Finding;
use rightlane_source::check::{GROUPS, RULES, rule, rules_named};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The table as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    select: Option<Vec<String>>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    per_file_ignores: BTreeMap<String, Vec<String>>,
}

/// The settings of one `pyproject.toml`, or of none.
#[derive(Debug, Default)]
struct Project {
    folder: PathBuf,
    select: Option<Vec<Selector>>,
    ignore: Vec<Selector>,
    exclude: GlobSet,
    per_file: Vec<(GlobSet, Vec<Selector>)>,
}

/// Some of the rules, as they are named in options and settings.
#[derive(Debug, Clone)]
struct Selector {
    codes: Vec<&'static str>,
    /// The more of the code it names, the more it counts: `RL204` over `RL2` over `ALL`.
    weight: usize,
}

/// All settings that this run meets.
pub(super) struct Settings {
    select: Vec<Selector>,
    ignore: Vec<Selector>,
    exclude: GlobSet,
    isolated: bool,
    /// By folder: its own settings, or those of the nearest folder above that has any.
    folders: HashMap<PathBuf, Rc<Project>>,
    /// Folders as they are named, without links and `..`.
    real: HashMap<PathBuf, PathBuf>,
    here: PathBuf,
}

impl Settings {
    pub(super) fn new(args: &CheckArgs) -> Result<Self, Failure> {
        let here = std::env::current_dir().unwrap_or_default();
        Ok(Self {
            select: selectors("--select", &args.select)?,
            ignore: selectors("--ignore", &args.ignore)?,
            exclude: globs("--exclude", &args.exclude)?,
            isolated: args.isolated,
            folders: HashMap::new(),
            real: HashMap::new(),
            here: here.canonicalize().unwrap_or(here),
        })
    }

    /// Whether a finding's rule counts in its file.
    pub(super) fn wants(&mut self, finding: &Finding) -> Result<bool, Failure> {
        let path = PathBuf::from(&finding.file);
        let project = self.of(&path)?;
        let code = finding.code.as_str();
        // The command line's choice replaces the project's.
        let (select, ignore) = match self.select.as_slice() {
            [] => (project.select.as_deref(), project.ignore.as_slice()),
            select => (Some(select), &[][..]),
        };
        let chosen = select.map_or(Some(0), |select| weight(select, code));
        let Some(chosen) = chosen else {
            return Ok(false);
        };
        if [ignore, &self.ignore]
            .iter()
            .any(|ignore| weight(ignore, code) >= Some(chosen))
        {
            return Ok(false);
        }
        let relative = inside(&self.real(&path), &project.folder);
        let mut per_file = project
            .per_file
            .iter()
            .filter(|(files, _)| matches(files, &relative));
        Ok(!per_file.any(|(_, codes)| weight(codes, code).is_some()))
    }

    /// Whether a file or folder is excluded by a pattern.
    pub(super) fn excludes(&mut self, path: &Path) -> Result<bool, Failure> {
        let real = self.real(path);
        if !self.exclude.is_empty() && matches(&self.exclude, &inside(&real, &self.here)) {
            return Ok(true);
        }
        let project = self.of(path)?;
        Ok(!project.exclude.is_empty()
            && matches(&project.exclude, &inside(&real, &project.folder)))
    }

    /// A file by its one path, without links: those that are reached by several are told by it.
    pub(super) fn one_path(&mut self, path: &Path) -> PathBuf {
        let is_link = path
            .symlink_metadata()
            .is_ok_and(|about| about.is_symlink());
        let followed = is_link.then(|| path.canonicalize().ok()).flatten();
        followed.unwrap_or_else(|| self.real(path))
    }

    /// Reads the settings for a file, if they have not been.
    pub(super) fn look_up(&mut self, path: &Path) -> Result<(), Failure> {
        self.of(path).map(drop)
    }

    /// A file's path without links and `..` in its folder.
    fn real(&mut self, path: &Path) -> PathBuf {
        let absolute = self.here.join(path);
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        let real = self.real.entry(folder.clone()).or_insert_with(|| {
            let real = folder.canonicalize();
            real.unwrap_or(folder)
        });
        match absolute.file_name() {
            Some(name) => real.join(name),
            None => real.clone(),
        }
    }

    /// The settings for a file.
    fn of(&mut self, path: &Path) -> Result<Rc<Project>, Failure> {
        let real = self.real(path);
        self.of_folder(real.parent().unwrap_or(Path::new("/")))
    }

    fn of_folder(&mut self, folder: &Path) -> Result<Rc<Project>, Failure> {
        if self.isolated {
            return Ok(Rc::default());
        }
        if let Some(known) = self.folders.get(folder) {
            return Ok(known.clone());
        }
        let found = match Project::read(folder)? {
            Some(project) => Rc::new(project),
            None => match folder.parent() {
                Some(above) => self.of_folder(above)?,
                None => Rc::default(),
            },
        };
        self.folders.insert(folder.to_owned(), found.clone());
        Ok(found)
    }
}

impl Project {
    /// The settings in a folder's `pyproject.toml`, if it has a table for us.
    fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join("pyproject.toml");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::usage(format!("{}: {error}", path.display()))),
        };
        let text = String::from_utf8_lossy(&bytes);
        let trouble = |why: String| {
            Failure::usage(format!("{}: {why}", path.display()))
                .instead("[tool.rightlane.check] has: select, ignore, exclude, per-file-ignores")
        };
        let whole: toml::Table = match text.parse() {
            Ok(whole) => whole,
            Err(error) if text.contains("tool.rightlane") => {
                return Err(trouble(error.to_string()));
            }
            // Not ours to complain about.
            Err(_) => return Ok(None),
        };
        if text.contains('\u{fffd}') && text.contains("tool.rightlane") {
            return Err(trouble("not in UTF-8, which TOML is".to_owned()));
        }
        let ours = whole.get("tool").and_then(|tool| tool.get("rightlane"));
        let Some(ours) = ours else { return Ok(None) };
        let keys = ours.as_table().into_iter().flat_map(toml::Table::keys);
        if let Some(key) = keys.into_iter().find(|key| *key != "check") {
            return Err(trouble(format!("[tool.rightlane] has no key {key}")));
        }
        let table = match ours.get("check") {
            Some(check) => Table::deserialize(check.clone())
                .map_err(|error| trouble(error.message().to_owned()))?,
            None => Table::default(),
        };
        Self::from_table(folder, &path, &table).map(Some)
    }

    fn from_table(folder: &Path, path: &Path, table: &Table) -> Result<Self, Failure> {
        let place = path.display().to_string();
        let at = |key: &str| format!("{place}: {key}");
        let select = table.select.as_deref();
        let mut per_file = Vec::new();
        for (pattern, codes) in &table.per_file_ignores {
            let files = globs(&at("per-file-ignores"), std::slice::from_ref(pattern))?;
            per_file.push((files, selectors(&at("per-file-ignores"), codes)?));
        }
        Ok(Self {
            folder: folder.to_owned(),
            select: select
                .map(|names| selectors(&at("select"), names))
                .transpose()?,
            ignore: selectors(&at("ignore"), &table.ignore)?,
            exclude: globs(&at("exclude"), &table.exclude)?,
            per_file,
        })
    }
}

/// The rules that names mean; `place` is where they stand.
fn selectors(place: &str, names: &[String]) -> Result<Vec<Selector>, Failure> {
    names
        .iter()
        .map(|name| selector(place, name.trim()))
        .collect()
}

fn selector(place: &str, name: &str) -> Result<Selector, Failure> {
    if name.eq_ignore_ascii_case("ALL") {
        let codes = RULES.iter().map(|rule| rule.code).collect();
        return Ok(Selector { codes, weight: 0 });
    }
    let group = GROUPS
        .iter()
        .find(|group| group.name.eq_ignore_ascii_case(name));
    let word = group.map_or(name, |group| group.prefix);
    let codes: Vec<&'static str> = rules_named(word).iter().map(|rule| rule.code).collect();
    if codes.is_empty() {
        return Err(Failure::usage(format!("{place}: there is no rule {name}")).instead(
            "a code (RL204), its beginning (RL2), a rule's name (dropped-future), a group (correctness), or ALL\nthe list: rightlane explain rules",
        ));
    }
    let weight = rule(word).map_or(word.len(), |rule| rule.code.len());
    Ok(Selector { codes, weight })
}

/// How much the selectors that mean a rule count; `None` if none does.
fn weight(selectors: &[Selector], code: &str) -> Option<usize> {
    let of = selectors
        .iter()
        .filter(|selector| selector.codes.contains(&code));
    of.map(|selector| selector.weight).max()
}

fn globs(place: &str, patterns: &[String]) -> Result<GlobSet, Failure> {
    let mut set = GlobSetBuilder::new();
    let trouble = |error: globset::Error| Failure::usage(format!("{place}: {error}"));
    for pattern in patterns {
        let pattern = pattern.trim();
        if pattern.starts_with('!') {
            return Err(Failure::usage(format!(
                "{place}: {pattern}: `!` has no meaning here"
            )));
        }
        let pattern = pattern
            .trim_end_matches('/')
            .trim_start_matches("./")
            .trim_start_matches('/');
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(trouble)?);
    }
    set.build().map_err(trouble)
}

/// A path from a folder on; only its name if it lies elsewhere.
fn inside(path: &Path, folder: &Path) -> PathBuf {
    let inside = path.strip_prefix(folder).ok();
    let name = path.file_name().map(Path::new);
    inside.or(name).unwrap_or(path).to_owned()
}

/// Whether a pattern is about a path: the whole of it, a folder that it lies in, or the name of either.
fn matches(set: &GlobSet, path: &Path) -> bool {
    path.ancestors().any(|part| {
        let name = part.file_name().map(Path::new);
        set.is_match(part) || name.is_some_and(|name| set.is_match(name))
    })
}
