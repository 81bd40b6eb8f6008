//! The program's texts, and the edits that put another API in.

use crate::failure::Failure;
use rightlane_facts::{Api, Place, ProgramSource, PythonFacts, Settings, Target, map_chunksize};
use rightlane_rewrite::native::Libraries;
use rightlane_rewrite::{Coroutines, PoolRequest, Request, Rewrite, Texts, rewrite, rewrite_pool};
use std::collections::BTreeMap;
use std::path::Path;

/// What to write into the program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Choice {
    pub(crate) api: Api,
    pub(crate) settings: Settings,
}

impl Choice {
    /// Whether it is asyncio with the program's own blocking functions in threads: such a choice counts
    /// workers, the others count what is in flight.
    pub(crate) fn is_to_thread(&self) -> bool {
        self.api.family() == rightlane_facts::Family::Asyncio && self.settings.workers.is_some()
    }
}

/// The bytes of a program's files, by path, as they were when the source was read. Taken before the program
/// runs: an edit made of positions from before and a text from after would be of neither.
#[derive(Debug, Clone)]
pub(crate) struct Contents(BTreeMap<String, Vec<u8>>);

impl Contents {
    pub(crate) fn of(source: &ProgramSource) -> Result<Self, Failure> {
        let read = |file: &String| {
            let bytes =
                std::fs::read(file).map_err(|error| Failure::usage(format!("{file}: {error}")))?;
            Ok((file.clone(), bytes))
        };
        source
            .files
            .iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Makes edits of a program, in memory.
pub(crate) struct Editor<'a> {
    source: &'a ProgramSource,
    python: &'a PythonFacts,
    libraries: Libraries,
    texts: Texts,
    /// A file that is different by now is not written.
    bytes: &'a Contents,
}

impl<'a> Editor<'a> {
    pub(crate) fn new(
        source: &'a ProgramSource,
        bytes: &'a Contents,
        python: &'a PythonFacts,
    ) -> Self {
        let text = |(file, content): (&String, &Vec<u8>)| {
            let text = std::str::from_utf8(content).ok()?;
            Some((
                file.clone(),
                text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
            ))
        };
        Self {
            source,
            python,
            libraries: libraries(python),
            texts: bytes.0.iter().filter_map(text).collect(),
            bytes,
        }
    }

    /// The edit of a site, or of the program's own pool at a place; an error says why there is none.
    pub(crate) fn edit(
        &self,
        target: Option<&Target>,
        place: Option<&Place>,
        choice: &Choice,
    ) -> Result<Rewrite, String> {
        match (target, place) {
            (Some(target), _) => self.edit_site(target, choice),
            (None, Some(place)) => self.edit_pool(place, choice),
            (None, None) => Err("no place in the program is meant".to_owned()),
        }
    }

    fn edit_site(&self, target: &Target, choice: &Choice) -> Result<Rewrite, String> {
        let site = usize::try_from(target.site)
            .ok()
            .and_then(|index| self.source.sites.get(index))
            .ok_or("the site is not known")?;
        let (major, minor, _) = self.python.version;
        let mut settings = choice.settings;
        // Named only where it is not what the program gets anyway.
        settings.start_method = settings
            .start_method
            .filter(|method| *method != self.python.default_start_method);
        let coroutines = match choice.is_to_thread() {
            true => Coroutines::ToThread,
            false => Coroutines::Native(&self.libraries),
        };
        rewrite(&Request {
            source: self.source,
            texts: &self.texts,
            site,
            part: &target.part,
            api: choice.api,
            coroutines,
            settings,
            python: (
                u8::try_from(major).unwrap_or(3),
                u8::try_from(minor).unwrap_or(0),
            ),
        })
    }

    fn edit_pool(&self, place: &Place, choice: &Choice) -> Result<Rewrite, String> {
        let files = || self.source.files.iter();
        let path = files()
            .find(|path| shown(path) == place.file || **path == place.file)
            // In a race's copy of the tree, shown from that folder.
            .or_else(|| files().find(|path| Path::new(path).ends_with(&place.file)))
            .ok_or_else(|| format!("{} is not known", place.file))?;
        rewrite_pool(&PoolRequest {
            source: self.source,
            texts: &self.texts,
            path,
            line: place.line,
            api: choice.api,
            settings: choice.settings,
        })
    }

    /// The texts of the files that an edit changes, after it.
    pub(crate) fn edited(&self, rewrite: &Rewrite) -> Result<Texts, String> {
        rewrite.texts(&self.texts)
    }

    pub(crate) fn text(&self, path: &str) -> &str {
        self.texts.get(path).map_or("", String::as_str)
    }

    /// The file's bytes as they were read.
    pub(crate) fn bytes(&self, path: &str) -> &[u8] {
        self.bytes.0.get(path).map_or(&[], Vec::as_slice)
    }

    /// The diff of an edit, file by file, with paths as people write them.
    pub(crate) fn diff(&self, edited: &Texts, colored: bool) -> String {
        let mut text = String::new();
        for (path, after) in edited {
            text.push_str(&crate::diff::unified(
                &shown(path),
                self.text(path),
                after,
                colored,
            ));
        }
        text
    }
}

/// What of the libraries that coroutines can use is importable in the program's Python.
fn libraries(python: &PythonFacts) -> Libraries {
    const ASK: &str = "\
import importlib.util
for name in 'httpx', 'aiohttp', 'aiosmtplib', 'redis':
    try:
        found = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        found = False
    print(name, found)
";
    // `-I` would hide what is installed for the person alone.
    let output = std::process::Command::new(&python.executable)
        .args(["-c", ASK])
        .stdin(std::process::Stdio::null())
        .output();
    let said = output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    );
    let has = |name: &str| said.lines().any(|line| line == format!("{name} True"));
    let (major, minor, _) = python.version;
    Libraries {
        python: (major, minor),
        httpx: has("httpx"),
        aiohttp: has("aiohttp"),
        aiosmtplib: has("aiosmtplib"),
        redis_asyncio: has("redis"),
    }
}

/// A path as people write it: relative to the working directory where it lies below that.
pub(crate) fn shown(path: &str) -> String {
    let relative = std::env::current_dir().ok().and_then(|folder| {
        Path::new(path)
            .strip_prefix(folder)
            .ok()
            .map(Path::to_owned)
    });
    relative.map_or_else(
        || path.to_owned(),
        |path| path.to_string_lossy().into_owned(),
    )
}

/// Chunks for an API that is written with `imap`, whose own default is one task at a time: what `map`
/// would take.
pub(crate) fn with_chunks(api: Api, mut settings: Settings, tasks: u64) -> Settings {
    if matches!(api, Api::Pool | Api::ThreadPool) && settings.chunksize.is_none() {
        settings.chunksize = (tasks > 0).then(|| map_chunksize(tasks, settings.workers));
    }
    settings
}
