//! Cases: reading them, making the edit, running the program.

use rightlane_facts::{
    Api, CallSpot, Family, Grade, ProgramSource, Settings, Site, SiteKind, StartMethod, TaskPart,
};
use rightlane_rewrite::native::Libraries;
use rightlane_rewrite::{Coroutines, Request, Rewrite, Texts, rewrite};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How the output before and after is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// The same text.
    Exact,
    /// The same lines.
    Sorted,
    /// It is not run.
    No,
}

/// A program, a site and an API, and what comes of them.
pub struct Case {
    pub title: String,
    /// Everything from the title to the expectation, as written.
    head: String,
    /// By name; the script is `program.py`.
    pub files: BTreeMap<String, String>,
    asked: String,
    pub run: Run,
    pub expected: String,
}

/// A file of cases.
pub struct Document {
    path: PathBuf,
    /// What stands before the first case.
    preface: String,
    pub cases: Vec<Case>,
}

impl Document {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a file of cases");
        let mut parts = text.split("\n## ");
        let preface = parts.next().unwrap_or_default().to_owned();
        Self {
            path: path.to_owned(),
            preface,
            cases: parts.map(Case::parse).collect(),
        }
    }

    pub fn write(&self) {
        let mut text = format!("{}\n", self.preface.trim_end());
        for case in &self.cases {
            text.push_str(&format!(
                "\n## {}\n\n{}\n",
                case.head.trim_end(),
                case.expected.trim_end()
            ));
        }
        std::fs::write(&self.path, text).expect("the cases are written");
    }
}

impl Case {
    fn parse(text: &str) -> Self {
        let asked_at = text
            .find("\n→ ")
            .unwrap_or_else(|| panic!("no `→ API` in {text}"));
        let line_end = text[asked_at + 1..]
            .find('\n')
            .map_or(text.len(), |end| asked_at + 1 + end);
        let (head, expected) = text.split_at(line_end);
        let asked = head[asked_at..].trim().trim_start_matches("→ ").to_owned();
        let mut files = BTreeMap::new();
        let mut rest = head;
        let mut name = "program.py".to_owned();
        while let Some(at) = rest.find("```python\n") {
            if let Some(label) = rest[..at]
                .lines()
                .rev()
                .find(|line| !line.trim().is_empty())
                && label.ends_with(".py:")
            {
                name = label.trim_end_matches(':').to_owned();
            }
            let body = &rest[at + "```python\n".len()..];
            let end = body.find("```").expect("the block ends");
            files.insert(name.clone(), body[..end].to_owned());
            name = "program.py".to_owned();
            rest = &body[end + 3..];
        }
        let run = match () {
            () if asked.contains(" run=no") => Run::No,
            () if asked.contains(" run=sorted") => Run::Sorted,
            () => Run::Exact,
        };
        Self {
            title: head.lines().next().unwrap_or_default().to_owned(),
            head: head.to_owned(),
            files,
            asked,
            run,
            expected: expected.trim().to_owned(),
        }
    }

    fn word(&self, key: &str) -> Option<&str> {
        let mut words = self.asked.split_whitespace();
        words.find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    fn number(&self, key: &str) -> Option<u32> {
        self.word(key).map(|word| word.parse().expect("a number"))
    }

    fn api(&self) -> Api {
        let name = self.asked.split_whitespace().next().unwrap_or_default();
        let all = [
            Api::Thread,
            Api::Process,
            Api::AsyncioTask,
            Api::ThreadPool,
            Api::Pool,
            Api::ThreadPoolExecutor,
            Api::ProcessPoolExecutor,
            Api::InterpreterPoolExecutor,
            Api::TaskGroup,
        ];
        all.into_iter()
            .find(|api| api.name() == name)
            .unwrap_or_else(|| panic!("no API {name}"))
    }

    fn settings(&self) -> Settings {
        Settings {
            workers: self.number("workers"),
            chunksize: self.number("chunksize").map(u64::from),
            start_method: self.word("start").map(|word| match word {
                "fork" => StartMethod::Fork,
                "spawn" => StartMethod::Spawn,
                _ => StartMethod::Forkserver,
            }),
            limit: self.number("limit"),
        }
    }

    /// The edit, or why there is none.
    pub fn rewritten(&self) -> Rewritten {
        let folder = tempfile::tempdir().expect("a folder");
        let texts = write_files(folder.path(), &self.files);
        let source = read(folder.path());
        let Some((site, part)) = self.site(&source) else {
            let known: Vec<String> = source
                .sites
                .iter()
                .map(|site| format!("{:?} {}", site.kind, site.span.line))
                .collect();
            panic!("{}: no such site; there are {known:?}", self.title);
        };
        let libraries = Libraries::default();
        let native = self.asked.contains(" native");
        let request = Request {
            source: &source,
            texts: &texts,
            site,
            part: &part,
            api: self.api(),
            coroutines: if native {
                Coroutines::Native(&libraries)
            } else {
                Coroutines::ToThread
            },
            settings: self.settings(),
            python: (3, 11),
        };
        let result = rewrite(&request);
        let edited = result
            .as_ref()
            .ok()
            .map(|rewrite| rewrite.texts(&texts).expect("the edits fit"));
        let names = edited.map(|edited| {
            let prefix = folder.path().canonicalize().expect("the folder");
            let relative = |path: String| {
                let path = Path::new(&path)
                    .strip_prefix(&prefix)
                    .expect("below the folder")
                    .to_owned();
                path.to_string_lossy().into_owned()
            };
            edited
                .into_iter()
                .map(|(path, text)| (relative(path), text))
                .collect()
        });
        Rewritten {
            result,
            edited: names,
        }
    }

    /// The site that is meant: at `line=`, else the first that has the call `call=`, else the first.
    fn site<'s>(&self, source: &'s ProgramSource) -> Option<(&'s Site, TaskPart)> {
        let line = self.number("line");
        let call = self.word("call");
        let body = self.asked.contains(" body");
        let wants_run = self.asked.contains(" run-of-calls");
        let index = |site: &Site| match call {
            Some(name) => site.calls.iter().position(|spot| spot.name == name),
            None => site.callee,
        };
        let fits = |site: &&Site| {
            line.is_none_or(|line| site.span.line == line)
                && (site.kind == SiteKind::Run) == wants_run
                && (wants_run || body || index(site).is_some())
        };
        let site = source.sites.iter().find(fits)?;
        let part = match () {
            () if wants_run => {
                TaskPart::Groups((0..site.members.len()).map(|member| vec![member]).collect())
            }
            () if body => TaskPart::Body,
            () => TaskPart::Call(index(site)?),
        };
        Some((site, part))
    }

    /// What the program prints, and how it ends.
    pub fn run_files(&self, files: &BTreeMap<String, String>) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        write_files(folder.path(), files);
        let output = Command::new("python3")
            .args(["-W", "error::SyntaxWarning", "program.py"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("python3 runs");
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        // Of a traceback only the last line is the program's.
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        if let Some(last) = errors.lines().last() {
            text.push_str(&format!("stderr: {last}\n"));
        }
        text.push_str(&format!("exit: {:?}\n", output.status.code()));
        text
    }

    /// A site of the edited program that still makes the calls of the one that was edited.
    pub fn again(&self, files: &BTreeMap<String, String>) -> Option<String> {
        let folder = tempfile::tempdir().expect("a folder");
        write_files(folder.path(), &self.files);
        let source = read(folder.path());
        let (site, part) = self.site(&source)?;
        let TaskPart::Call(index) = part else {
            return None;
        };
        let call: &CallSpot = &site.calls[index];
        let count = |source: &ProgramSource| {
            let calls = source.sites.iter().flat_map(|site| &site.calls);
            calls
                .filter(|one| one.text == call.text && !one.awaited)
                .count()
        };
        let before = count(&source);
        write_files(folder.path(), files);
        let after = count(&read(folder.path()));
        let awaits = self.api().family() == Family::Asyncio && call.awaited;
        (after >= before && !awaits && site.kind != SiteKind::Map).then(|| {
            format!(
                "{} is still called in a loop ({before} then {after})",
                call.text
            )
        })
    }
}

/// What became of a case.
pub struct Rewritten {
    result: Result<Rewrite, String>,
    edited: Option<BTreeMap<String, String>>,
}

impl Rewritten {
    pub fn grade(&self) -> Option<&Grade> {
        self.result.as_ref().ok().map(|rewrite| &rewrite.grade)
    }

    /// All files after the edit.
    pub fn files(&self, case: &Case) -> Option<BTreeMap<String, String>> {
        let edited = self.edited.as_ref()?;
        let mut files = case.files.clone();
        files.extend(edited.clone());
        Some(files)
    }

    /// As the document shows it.
    pub fn shown(&self, case: &Case) -> String {
        let rewrite = match &self.result {
            Ok(rewrite) => rewrite,
            Err(why) => return format!("refused: {why}"),
        };
        let mut text = String::new();
        for (name, after) in self.edited.iter().flatten() {
            let before = &case.files[name];
            let diff = TextDiff::from_lines(before, after);
            let shown = diff.unified_diff().context_radius(2).to_string();
            text.push_str(&format!("```diff\n{shown}```\n\n"));
        }
        match &rewrite.grade {
            Grade::Safe => text.push_str("grade: safe"),
            Grade::ChangesBehaviour(_) => text.push_str("grade: changes behaviour"),
            Grade::ShowOnly(_) => text.push_str("grade: show only"),
        }
        for reason in rewrite.grade.reasons() {
            text.push_str(&format!("\n- {reason}"));
        }
        for note in &rewrite.notes {
            text.push_str(&format!("\n\nnote: {note}"));
        }
        text
    }
}

fn write_files(folder: &Path, files: &BTreeMap<String, String>) -> Texts {
    let mut texts = Texts::new();
    let folder = folder.canonicalize().expect("the folder");
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        texts.insert(path.to_string_lossy().into_owned(), text.clone());
    }
    texts
}

fn read(folder: &Path) -> ProgramSource {
    let folder = folder.canonicalize().expect("the folder");
    rightlane_source::read_program(
        Path::new("program.py"),
        &folder,
        std::slice::from_ref(&folder),
    )
    .expect("the program can be read")
}
