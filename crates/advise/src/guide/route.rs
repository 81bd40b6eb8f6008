//! The way through the procedure: answers in, one decision per step out, each with its reason as
//! a value. No text here: [`super::explain`] writes the sentences, so that walking all
//! combinations of answers stays cheap.

use super::answers::{
    Answers, Bound, Build, Codebase, CpuCode, Dependence, FileIo, Lifetime, Machines, Preference,
    Shape, Sockets, State, Tasks, Total,
};
use super::differences::{Choice, Need};
use rightlane_facts::{Api, Family};

/// Who runs the tasks (step 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Worker {
    /// Workers that are used again and again.
    Pool,
    /// A thread, process or coroutine for each task.
    Own,
}

/// Why the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FamilyReason {
    Dependent,
    Tiny,
    MoreMachines,
    FreeThreaded,
    ReleasesGil,
    HoldsGil,
    PreferAsync,
    AvoidAsync,
    AsyncCodebase,
    ManySockets,
    NoReasonForAsync,
}

/// Why a pool or a worker of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkerReason {
    LongLived,
    OneTask,
    OwnState,
    FewComplex,
    ManyTasks,
    ShortTasks,
    IssuedAsCollection,
    Assumed,
}

/// How sure the answer to "CPU-bound or IO-bound?" is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    Told,
    /// Another answer only makes sense with it.
    Implied,
    Assumed,
}

/// The decisions of all steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    pub bound: Bound,
    pub bound_basis: Basis,
    pub family: Family,
    pub family_reason: FamilyReason,
    pub worker: Worker,
    pub worker_reason: WorkerReason,
    pub choice: Choice,
    pub api: Api,
}

/// Walks the steps.
pub(super) fn route(answers: &Answers) -> Route {
    let (bound, bound_basis) = bound(answers);
    let (family, family_reason) = family(answers, bound);
    let (worker, worker_reason) = worker(answers);
    let choice = choice(
        answers.needs(),
        answers.shape,
        awaited_from_asyncio(answers),
    );
    Route {
        bound,
        bound_basis,
        family,
        family_reason,
        worker,
        worker_reason,
        choice,
        api: api_for(family, worker, choice),
    }
}

/// Step 1. Without an answer, IO-bound is taken, unless other answers only make sense for
/// CPU-bound tasks: a thread pool gains nothing where that is wrong, but it needs no pickling, no
/// main guard and no memory of its own, so a wrong guess costs least this way round.
fn bound(answers: &Answers) -> (Bound, Basis) {
    if let Some(bound) = answers.bound {
        return (bound, Basis::Told);
    }
    let about_io = answers.sockets == Some(Sockets::Many)
        || answers.file_io == Some(FileIo::Yes)
        || answers.codebase == Some(Codebase::Async)
        || answers.preference == Some(Preference::ForAsync);
    match (answers.cpu_code.is_some(), about_io) {
        (true, false) => (Bound::Cpu, Basis::Implied),
        (false, true) => (Bound::Io, Basis::Implied),
        _ => (Bound::Io, Basis::Assumed),
    }
}

/// Steps 0, 1 and 1.1, and the half of step 4 that asks for more machines.
fn family(answers: &Answers, bound: Bound) -> (Family, FamilyReason) {
    if answers.dependence == Some(Dependence::Dependent) {
        return (Family::Sequential, FamilyReason::Dependent);
    }
    // A task that lives on has no total to be short.
    if answers.total == Some(Total::Tiny) && answers.lifetime != Some(Lifetime::LongLived) {
        return (Family::Sequential, FamilyReason::Tiny);
    }
    if answers.machines == Some(Machines::More) {
        return (Family::Cluster, FamilyReason::MoreMachines);
    }
    match bound {
        Bound::Cpu if answers.build == Some(Build::FreeThreaded) => {
            (Family::Thread, FamilyReason::FreeThreaded)
        }
        Bound::Cpu if answers.cpu_code == Some(CpuCode::ReleasesGil) => {
            (Family::Thread, FamilyReason::ReleasesGil)
        }
        Bound::Cpu => (Family::Process, FamilyReason::HoldsGil),
        Bound::Io => threads_or_asyncio(answers),
    }
}

/// Step 1.1. A stated preference comes first, in either direction: it is the person's code. File
/// IO is not looked at: it is never a reason for asyncio.
fn threads_or_asyncio(answers: &Answers) -> (Family, FamilyReason) {
    match answers.preference {
        Some(Preference::AgainstAsync) => (Family::Thread, FamilyReason::AvoidAsync),
        Some(Preference::ForAsync) => (Family::Asyncio, FamilyReason::PreferAsync),
        None if answers.codebase == Some(Codebase::Async) => {
            (Family::Asyncio, FamilyReason::AsyncCodebase)
        }
        None if answers.sockets == Some(Sockets::Many) => {
            (Family::Asyncio, FamilyReason::ManySockets)
        }
        None => (Family::Thread, FamilyReason::NoReasonForAsync),
    }
}

/// Step 2. Long-lived wins over many: a task that never ends never gives a pool's worker back, so
/// the tasks behind it would never start.
fn worker(answers: &Answers) -> (Worker, WorkerReason) {
    if answers.lifetime == Some(Lifetime::LongLived) {
        return (Worker::Own, WorkerReason::LongLived);
    }
    let state = answers.state == Some(State::Yes);
    let collection = answers.shape.is_some() || !answers.needs().is_empty();
    match answers.tasks {
        Some(Tasks::One) => (Worker::Own, WorkerReason::OneTask),
        Some(Tasks::Many) => (Worker::Pool, WorkerReason::ManyTasks),
        Some(Tasks::Few) if state => (Worker::Own, WorkerReason::OwnState),
        _ if answers.lifetime == Some(Lifetime::Short) => (Worker::Pool, WorkerReason::ShortTasks),
        _ if collection => (Worker::Pool, WorkerReason::IssuedAsCollection),
        Some(Tasks::Few) => (Worker::Own, WorkerReason::FewComplex),
        None if state => (Worker::Own, WorkerReason::OwnState),
        None => (Worker::Pool, WorkerReason::Assumed),
    }
}

/// Step 3. An Executor's need decides before a Pool's: what only Pool has can be written on top of
/// an Executor, a cancelled task or a collection of results on top of a Pool cannot. With neither
/// needs nor shape known it is Executor, which Python's documentation calls the higher-level one.
fn choice(needs: &[Need], shape: Option<Shape>, awaited: bool) -> Choice {
    let wanted = |side| needs.iter().any(|need| need.row().side == Some(side));
    if awaited || wanted(Choice::Executor) {
        Choice::Executor
    } else if wanted(Choice::Pool) || shape == Some(Shape::ForLoop) {
        Choice::Pool
    } else {
        Choice::Executor
    }
}

/// An event loop can await an Executor's futures, not a Pool's results.
pub(super) fn awaited_from_asyncio(answers: &Answers) -> bool {
    answers.codebase == Some(Codebase::Async)
}

/// One reason for Pool or Executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The need that it comes from, if it comes from one.
    pub need: Option<Need>,
    /// The side that it speaks for; `None`: both have it.
    pub side: Option<Choice>,
    /// The reason, as a sentence without a full stop.
    pub text: String,
}

/// Step 3 for whoever knows needs and shape: Pool or Executor, and why. Reasons against the choice
/// are given too, with what the chosen side has instead.
#[must_use]
pub fn pool_or_executor(needs: &[Need], shape: impl Into<Option<Shape>>) -> (Choice, Vec<Reason>) {
    let shape = shape.into();
    let chosen = choice(needs, shape, false);
    let mut reasons: Vec<_> = needs
        .iter()
        .map(|need| need_reason(*need, chosen))
        .collect();
    reasons.extend(shape.map(shape_reason));
    if reasons.iter().all(|reason| reason.side.is_none()) {
        reasons.push(Reason {
            need: None,
            side: Some(Choice::Executor),
            text: "nothing asks for one of the two; Executor is the higher-level interface, and \
                   keeps issuing a task and waiting for it apart"
                .to_owned(),
        });
    }
    (chosen, reasons)
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.text
    }
}

fn need_reason(need: Need, chosen: Choice) -> Reason {
    let row = need.row();
    let how = match chosen {
        Choice::Pool => row.pool,
        Choice::Executor => row.executor,
    };
    let what = row.what;
    let text = match row.side {
        None => format!("both can {what} ({how})"),
        Some(side) if side == chosen => format!("{} can {what} ({how})", side.name()),
        Some(side) => format!(
            "{} is made to {what}; {} has: {how}",
            side.name(),
            chosen.name()
        ),
    };
    Reason {
        need: Some(need),
        side: row.side,
        text,
    }
}

fn shape_reason(shape: Shape) -> Reason {
    let (side, text) = match shape {
        Shape::ForLoop => (
            Choice::Pool,
            "a loop over one function becomes a parallel map, which Pool is made for",
        ),
        Shape::AdHoc => (
            Choice::Executor,
            "tasks issued one by one are a collection of futures, which Executor is made for",
        ),
    };
    Reason {
        need: None,
        side: Some(side),
        text: text.to_owned(),
    }
}

impl Choice {
    /// The side's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Choice::Pool => "Pool",
            Choice::Executor => "Executor",
        }
    }
}

/// The API that the answers of steps 1 to 3 come to. Interpreters, coroutines and clusters have no
/// Pool of the `multiprocessing` kind, so `choice` decides nothing there.
#[must_use]
pub fn api_for(family: Family, worker: Worker, choice: Choice) -> Api {
    match (family, worker, choice) {
        (Family::Sequential, _, _) => Api::Sequential,
        (Family::Thread, Worker::Own, _) => Api::Thread,
        (Family::Thread, Worker::Pool, Choice::Pool) => Api::ThreadPool,
        (Family::Thread, Worker::Pool, Choice::Executor) => Api::ThreadPoolExecutor,
        (Family::Process, Worker::Own, _) => Api::Process,
        (Family::Process, Worker::Pool, Choice::Pool) => Api::Pool,
        (Family::Process, Worker::Pool, Choice::Executor) => Api::ProcessPoolExecutor,
        (Family::Interpreter, _, _) => Api::InterpreterPoolExecutor,
        (Family::Asyncio, Worker::Own, _) => Api::AsyncioTask,
        (Family::Asyncio, Worker::Pool, _) => Api::TaskGroup,
        (Family::Cluster, Worker::Own, _) => Api::Ray,
        (Family::Cluster, Worker::Pool, _) => Api::Dask,
    }
}
