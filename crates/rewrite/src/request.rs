//! What is asked for, and what comes back.

use rightlane_facts::{Api, FileEdit, Grade, ProgramSource, Settings, Site, TaskPart};
use std::collections::BTreeMap;

/// The texts of a program's files by their absolute paths.
pub type Texts = BTreeMap<String, String>;

/// The edit that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What the source says.
    pub source: &'a ProgramSource,
    /// The texts of its files, as they were when it was read.
    pub texts: &'a Texts,
    /// The site.
    pub site: &'a Site,
    /// What of it becomes the task.
    pub part: &'a TaskPart,
    /// The API to use.
    pub api: Api,
    /// How coroutines do their work, where `api` is one of asyncio's.
    pub coroutines: Coroutines<'a>,
    /// Its settings.
    pub settings: Settings,
    /// Version of the Python that the program runs with.
    pub python: (u8, u8),
}

/// The edit of a pool that the program has.
#[derive(Debug, Clone, Copy)]
pub struct PoolRequest<'a> {
    /// What the source says.
    pub source: &'a ProgramSource,
    /// The texts of its files, as they were when it was read.
    pub texts: &'a Texts,
    /// The file that makes the pool, by its absolute path.
    pub path: &'a str,
    /// The line that makes it, from 1.
    pub line: u32,
    /// The API to use instead.
    pub api: Api,
    /// Its settings.
    pub settings: Settings,
}

/// How coroutines do blocking work.
#[derive(Debug, Clone, Copy)]
pub enum Coroutines<'a> {
    /// In threads, by `asyncio.to_thread`.
    ToThread,
    /// By themselves: the blocking functions get async twins, with these libraries.
    Native(&'a crate::native::Libraries),
}

/// An edit of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The edits, file by file.
    pub files: Vec<FileEdit>,
    /// How far it may be trusted.
    pub grade: Grade,
    /// What else to know, each as a sentence without a full stop.
    pub notes: Vec<String>,
}

impl Rewrite {
    /// The edited files' whole new texts.
    ///
    /// # Errors
    /// A sentence, if an edit does not fit (a file is not among `texts`, or another one).
    pub fn texts(&self, texts: &Texts) -> Result<Texts, String> {
        let mut edited = Texts::new();
        for file in &self.files {
            let text = texts
                .get(&file.path)
                .ok_or_else(|| format!("the text of {} is not known", file.path))?;
            edited.insert(file.path.clone(), crate::apply(text, &file.edits)?);
        }
        Ok(edited)
    }
}
