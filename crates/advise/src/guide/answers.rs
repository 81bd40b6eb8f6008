//! What a person can answer, as types. Every answer may be missing.

use super::differences::Need;
use super::questions::QuestionId;

/// An enum of answers with `ALL` in the order of the question's rows.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$row_doc:meta])* $row:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$row_doc])* $row),+ }

        impl $name {
            /// Every answer, in the order of the question's rows.
            pub const ALL: &'static [Self] = &[$(Self::$row),+];
        }
    };
}

choice!(
    /// Whether a task needs another task's result.
    Dependence {
        /// None needs another's.
        Independent,
        /// One needs another's.
        Dependent,
    }
);
choice!(
    /// How long all of the work takes, one task after the other.
    Total {
        /// Under about a tenth of a second.
        Tiny,
        /// Longer.
        Longer,
    }
);
choice!(
    /// What takes a task's time.
    Bound {
        /// Computing.
        Cpu,
        /// Waiting.
        Io,
    }
);
choice!(
    /// What CPU-bound code does with the GIL.
    CpuCode {
        /// Native code that releases it.
        ReleasesGil,
        /// Python code, or native code that keeps it.
        HoldsGil,
    }
);
choice!(
    /// Which build of Python.
    Build {
        /// Without a GIL.
        FreeThreaded,
        /// With one.
        WithGil,
    }
);
choice!(
    /// How many socket connections are open at once.
    Sockets {
        /// Many: thousands.
        Many,
        /// None, or up to some hundreds.
        Few,
    }
);
choice!(
    /// Whether the tasks read or write files.
    FileIo {
        /// They do.
        Yes,
        /// They do not.
        No,
    }
);
choice!(
    /// How the program around the tasks is written.
    Codebase {
        /// With async/await.
        Async,
        /// Without.
        Sync,
    }
);
choice!(
    /// A stated preference.
    Preference {
        /// For async/await.
        ForAsync,
        /// Against it.
        AgainstAsync,
    }
);
choice!(
    /// How many tasks.
    Tasks {
        /// Many.
        Many,
        /// A handful.
        Few,
        /// One.
        One,
    }
);
choice!(
    /// How long a task lives.
    Lifetime {
        /// It ends and returns.
        Short,
        /// It goes on until it is told to stop, or as long as the program.
        LongLived,
    }
);
choice!(
    /// Whether a task is a thing with state of its own.
    State {
        /// It is.
        Yes,
        /// It is a function call.
        No,
    }
);
choice!(
    /// How tasks are issued.
    Shape {
        /// By a loop over one function.
        ForLoop,
        /// One by one, as they come up.
        AdHoc,
    }
);
choice!(
    /// How many machines the work needs.
    Machines {
        /// One.
        One,
        /// More.
        More,
    }
);
choice!(
    /// A version of Python.
    Version {
        /// 3.10
        V3_10,
        /// 3.11
        V3_11,
        /// 3.12
        V3_12,
        /// 3.13
        V3_13,
        /// 3.14
        V3_14,
        /// 3.15
        V3_15,
    }
);

impl Version {
    /// The minor version: `14` of 3.14.
    #[must_use]
    pub fn minor(self) -> u8 {
        10 + self as u8
    }
}

/// The answers given. `None`: not answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Step 0.
    pub dependence: Option<Dependence>,
    /// Step 0.
    pub total: Option<Total>,
    /// Step 1.
    pub bound: Option<Bound>,
    /// Step 1.
    pub cpu_code: Option<CpuCode>,
    /// Step 1.
    pub build: Option<Build>,
    /// Step 1.1.
    pub sockets: Option<Sockets>,
    /// Step 1.1.
    pub file_io: Option<FileIo>,
    /// Step 1.1.
    pub codebase: Option<Codebase>,
    /// Step 1.1.
    pub preference: Option<Preference>,
    /// Step 2.
    pub tasks: Option<Tasks>,
    /// Step 2.
    pub lifetime: Option<Lifetime>,
    /// Step 2.
    pub state: Option<State>,
    /// Step 3.
    pub shape: Option<Shape>,
    /// Step 3. An empty list says that nothing special is needed.
    pub needs: Option<Vec<Need>>,
    /// Step 4.
    pub machines: Option<Machines>,
    /// Step 4.
    pub python: Option<Version>,
}

/// The index of an answer among its question's rows.
macro_rules! index {
    ($answer:expr) => {
        $answer.map(|answer| vec![answer as usize])
    };
}

/// Sets a field from row indices; the last one counts.
macro_rules! pick {
    ($field:expr, $choice:ident, $rows:expr) => {
        $field = $rows.last().and_then(|&row| $choice::ALL.get(row)).copied()
    };
}

impl Answers {
    /// The rows of `question` that were chosen; `None` if it was not answered.
    #[must_use]
    pub fn rows(&self, question: QuestionId) -> Option<Vec<usize>> {
        match question {
            QuestionId::Dependence => index!(self.dependence),
            QuestionId::Total => index!(self.total),
            QuestionId::Bound => index!(self.bound),
            QuestionId::CpuCode => index!(self.cpu_code),
            QuestionId::Build => index!(self.build),
            QuestionId::Sockets => index!(self.sockets),
            QuestionId::FileIo => index!(self.file_io),
            QuestionId::Codebase => index!(self.codebase),
            QuestionId::Preference => index!(self.preference),
            QuestionId::Tasks => index!(self.tasks),
            QuestionId::Lifetime => index!(self.lifetime),
            QuestionId::State => index!(self.state),
            QuestionId::Shape => index!(self.shape),
            QuestionId::Needs => self
                .needs
                .as_ref()
                .map(|needs| needs.iter().map(|need| *need as usize).collect()),
            QuestionId::Machines => index!(self.machines),
            QuestionId::Python => index!(self.python),
        }
    }

    /// Answers `question` with its rows of these indices. `None`, or an index that no row has,
    /// takes the answer back; only the needs can have several rows, or none.
    pub fn answer(&mut self, question: QuestionId, rows: Option<&[usize]>) {
        let one = rows.unwrap_or_default();
        match question {
            QuestionId::Dependence => pick!(self.dependence, Dependence, one),
            QuestionId::Total => pick!(self.total, Total, one),
            QuestionId::Bound => pick!(self.bound, Bound, one),
            QuestionId::CpuCode => pick!(self.cpu_code, CpuCode, one),
            QuestionId::Build => pick!(self.build, Build, one),
            QuestionId::Sockets => pick!(self.sockets, Sockets, one),
            QuestionId::FileIo => pick!(self.file_io, FileIo, one),
            QuestionId::Codebase => pick!(self.codebase, Codebase, one),
            QuestionId::Preference => pick!(self.preference, Preference, one),
            QuestionId::Tasks => pick!(self.tasks, Tasks, one),
            QuestionId::Lifetime => pick!(self.lifetime, Lifetime, one),
            QuestionId::State => pick!(self.state, State, one),
            QuestionId::Shape => pick!(self.shape, Shape, one),
            QuestionId::Needs => {
                self.needs = rows.map(|rows| {
                    let mut needs = Vec::new();
                    for need in rows.iter().filter_map(|&row| Need::ALL.get(row)) {
                        if !needs.contains(need) {
                            needs.push(*need);
                        }
                    }
                    needs
                });
            }
            QuestionId::Machines => pick!(self.machines, Machines, one),
            QuestionId::Python => pick!(self.python, Version, one),
        }
    }

    /// Whether any question that bears on the API was answered (the Python version alone only
    /// changes the code).
    #[must_use]
    pub fn any(&self) -> bool {
        let only_version = Self {
            python: self.python,
            ..Self::default()
        };
        *self != only_version
    }

    pub(super) fn needs(&self) -> &[Need] {
        self.needs.as_deref().unwrap_or_default()
    }

    /// Whether Python is told to be older than 3.`minor`.
    pub(super) fn older_than(&self, minor: u8) -> bool {
        self.python.is_some_and(|version| version.minor() < minor)
    }
}
