//! Rightlane's vocabulary as types: what the source says ([`Site`]), what a run shows
//! ([`Observation`]), what this machine costs ([`Machine`]), what is known of a site's tasks
//! ([`Workload`]) and what follows ([`Verdict`]).
//!
//! Data goes one way through these types (source and observe produce, advise consumes, report
//! prints), so this crate does no input or output and decides nothing. The JSON schema of
//! `--format json` is generated from [`AdviceReport`].

mod evidence;
mod finding;
mod ledger;
mod ledger_report;
mod library;
mod live;
mod machine;
mod observation;
mod place;
mod race;
mod recording;
mod report;
mod rewrite;
mod site;
mod verdict;
pub mod words;
mod workload;

pub use evidence::{Evidence, EvidenceSource, Figure};
pub use finding::{CHECK_SCHEMA_VERSION, CheckReport, Edit, Excerpt, FileError, Finding, Fix};
pub use ledger::{Ledger, WaitCause};
pub use ledger_report::{
    AwaitReport, FrameReport, FunctionLedger, LEDGER_SCHEMA_VERSION, LedgerReport, LineLedger,
    ProcessLedger, StallReport, ThreadLedger, Waited,
};
pub use library::is_library;
pub use live::{LiveProcess, LiveThread, LiveView};
pub use machine::{
    ApiCosts, AsyncioCosts, CoreCosts, GilCosts, InterpreterCosts, KernelCosts, Machine,
    PythonFacts, StartCosts, StartMethod, ThreadCosts, TransportCosts, WorkerCosts,
};
pub use observation::{
    CallRecord, IterationRecord, Observation, Outcome, PickleFacts, Process, Sample, SampleFrame,
    SamplingStatus, SiteLedger,
};
pub use place::{Place, Span};
pub use race::{NotRaced, ProveReport, RaceEnd, RaceRow, Raced};
pub use recording::{
    Await, LockHolder, LockKind, ProcessRecord, PythonBuild, RECORDING_VERSION, Recording,
    SocketOperation, Stall, Stretch, ThreadRecord, Time, WaitDetail,
};
pub use report::{
    AdviceReport, MachineReport, PythonReport, SCHEMA_VERSION, SiteReport, TaskSpread,
};
pub use rewrite::{FileEdit, Grade, Target, TaskPart};
pub use site::{
    Answer, CallSpot, Carrier, Crossing, Decided, Dependency, DependencyKind, Effect, EffectKind,
    ExistingConcurrency, ImportFact, Independence, Iterable, LoopText, Member, ProgramSource,
    ResultUse, Site, SiteKind, SocketUse, SourceDoubt,
};
pub use verdict::{Alternative, Api, Family, Settings, Step, Verdict, map_chunksize};
pub use workload::{KernelWork, TaskSample, Workload};
