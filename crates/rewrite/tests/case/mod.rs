//! Cases: reading them, making the edit, running the program.

use rightlane_facts::{
    Api, CallSpot, Family, Grade, ProgramSource, Settings, Site, SiteKind, StartMethod, TaskPart,
};
use rightlane_rewrite::native::Libraries;
use rightlane_rewrite::{Coroutines, PoolRequest, Request, Rewrite, Texts, rewrite, rewrite_pool};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// How the output before and after is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// The same text.
    Exact,
    /// The same lines.
    Sorted,
    /// It differs, as the grade says.
    Differs,
    /// It is not run.
    No,
}

/// A program, a site and an API, and what comes of them.
pub struct Case {
    pub title: String,
    /// By name; the script is `program.py`.
    pub files: BTreeMap<String, String>,
    asked: String,
    pub run: Run,
    pub expected: String,
}

/// A program, and what is asked for of it.
pub struct Program {
    /// Everything from the title to the first question, as written.
    head: String,
    pub cases: Vec<Case>,
}

/// A file of cases.
pub struct Document {
    pub path: PathBuf,
    /// What stands before the first program.
    preface: String,
    pub programs: Vec<Program>,
}

impl Document {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a file of cases");
        let mut parts = text.split("\n## ");
        let preface = parts.next().unwrap_or_default().to_owned();
        Self {
            path: path.to_owned(),
            preface,
            programs: parts.map(Program::parse).collect(),
        }
    }

    pub fn write(&self) {
        let mut text = format!("{}\n", self.preface.trim_end());
        for program in &self.programs {
            text.push_str(&format!("\n## {}\n", program.head.trim_end()));
            for case in &program.cases {
                text.push_str(&format!(
                    "\n→ {}\n\n{}\n",
                    case.asked,
                    case.expected.trim_end()
                ));
            }
        }
        std::fs::write(&self.path, text).expect("the cases are written");
    }
}

impl Program {
    fn parse(text: &str) -> Self {
        let mut parts = text.split("\n→ ");
        let head = parts.next().unwrap_or_default().to_owned();
        let files = files(&head);
        let title = head.lines().next().unwrap_or_default().to_owned();
        let cases: Vec<Case> = parts
            .map(|part| Case::parse(&title, &files, part))
            .collect();
        assert!(!cases.is_empty(), "no `→ API` in {title}");
        Self { head, cases }
    }
}

/// The files of a program: its Python blocks, each called by the line `NAME.py:` before it.
///
/// Words behind `python` say how the file is stored: `crlf`, `bom`, `tabs` (for four spaces).
fn files(head: &str) -> BTreeMap<String, String> {
    const FENCE: &str = "```python";
    let mut files = BTreeMap::new();
    let mut rest = head;
    while let Some(at) = rest.find(FENCE) {
        let label = rest[..at]
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty());
        let name = label.and_then(|label| label.strip_suffix(':'));
        let name = name
            .filter(|name| name.ends_with(".py"))
            .unwrap_or("program.py");
        let (words, body) = rest[at + FENCE.len()..].split_once('\n').expect("a block");
        let end = body.find("```").expect("the block ends");
        let mut text = body[..end].to_owned();
        for word in words.split_whitespace() {
            text = match word {
                "crlf" => text.replace('\n', "\r\n"),
                "bom" => format!("\u{feff}{text}"),
                "tabs" => text.replace("    ", "\t"),
                other => panic!("{other} is not known of a file"),
            };
        }
        files.insert(name.to_owned(), text);
        rest = &body[end + 3..];
    }
    files
}

impl Case {
    fn parse(title: &str, files: &BTreeMap<String, String>, text: &str) -> Self {
        let (asked, expected) = text.split_once('\n').unwrap_or((text, ""));
        let run = match () {
            () if asked.contains(" run=no") => Run::No,
            () if asked.contains(" run=sorted") => Run::Sorted,
            () if asked.contains(" run=differs") => Run::Differs,
            () => Run::Exact,
        };
        Self {
            title: format!("{title} → {asked}"),
            files: files.clone(),
            asked: asked.trim().to_owned(),
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
            .find(|api| self.asked.split_whitespace().any(|word| word == api.name()))
            .unwrap_or_else(|| panic!("no API in {}", self.asked))
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
        let result = match self.asked.strip_prefix("pool ") {
            Some(_) => self.moved_pool(folder.path(), &source, &texts),
            None => self.rewritten_site(&source, &texts),
        };
        let edited = result.as_ref().ok().map(|rewrite| {
            let edited = rewrite.texts(&texts).expect("the edits fit");
            relative(folder.path(), edited)
        });
        Rewritten { result, edited }
    }

    fn rewritten_site(&self, source: &ProgramSource, texts: &Texts) -> Result<Rewrite, String> {
        let Some((site, part)) = self.site(source) else {
            let shown = |site: &Site| format!("{:?} {}", site.kind, site.span.line);
            let known: Vec<String> = source.sites.iter().map(shown).collect();
            return Err(format!("NO SUCH SITE; there are {known:?}"));
        };
        let libraries = Libraries::default();
        let coroutines = match self.asked.contains(" native") {
            true => Coroutines::Native(&libraries),
            false => Coroutines::ToThread,
        };
        rewrite(&Request {
            source,
            texts,
            site,
            part: &part,
            api: self.api(),
            coroutines,
            settings: self.settings(),
            python: (3, 11),
        })
    }

    /// `pool line=12 API`: the pool that is made in this line of the file `file=`, else of the script.
    fn moved_pool(
        &self,
        folder: &Path,
        source: &ProgramSource,
        texts: &Texts,
    ) -> Result<Rewrite, String> {
        let name = self.word("file").unwrap_or("program.py");
        let path = folder.canonicalize().expect("the folder").join(name);
        rewrite_pool(&PoolRequest {
            source,
            texts,
            path: &path.to_string_lossy(),
            line: self.number("line").expect("line= of the pool"),
            api: self.api(),
            settings: self.settings(),
        })
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

    /// A site of the edited program that still makes the calls of the one that was edited.
    pub fn again(&self, files: &BTreeMap<String, String>) -> Option<String> {
        if self.asked.starts_with("pool ") {
            return None;
        }
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
            let (before, after) = (unix(&case.files[name]), unix(after));
            let diff = TextDiff::from_lines(&before, &after);
            let shown = diff.unified_diff().context_radius(2).to_string();
            if name != "program.py" || self.edited.iter().flatten().count() > 1 {
                text.push_str(&format!("{name}:\n\n"));
            }
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

/// With line ends that a document can show.
fn unix(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\u{feff}', "")
}

/// What a program prints, and how it ends.
pub fn run_files(files: &BTreeMap<String, String>) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    write_files(folder.path(), files);
    let output = Command::new("timeout")
        .args(["20", python()])
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

/// The interpreter itself: one that is found by a shell script takes long to start.
fn python() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let asked = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let output = Command::new(asked)
            .args(["-c", "import sys; print(sys.executable)"])
            .output();
        String::from_utf8_lossy(&output.expect("python3 runs").stdout)
            .trim()
            .to_owned()
    })
}

/// The texts by their names in the folder.
fn relative(folder: &Path, texts: Texts) -> BTreeMap<String, String> {
    let prefix = folder.canonicalize().expect("the folder");
    let below = |path: &str| {
        let path = Path::new(path)
            .strip_prefix(&prefix)
            .expect("below the folder");
        path.to_string_lossy().into_owned()
    };
    texts
        .into_iter()
        .map(|(path, text)| (below(&path), text))
        .collect()
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
