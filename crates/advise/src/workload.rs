//! From what was read and observed to a site's [`Workload`].

use crate::candidate::Part;
use rightlane_facts::{
    Answer, CallRecord, Crossing, IterationRecord, KernelWork, Ledger, Observation, PickleFacts,
    ProgramSource, Site, SiteLedger, TaskSample, Workload,
};

/// Below this many samples under a site the call's share comes from the call ledger instead:
/// thirty samples put a share of one half within ±18 points (two standard errors).
const SAMPLES_FOR_A_SHARE: f64 = 30.0;

/// What one run showed of one site, gathered from the observation's lists.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) source: &'a ProgramSource,
    pub(crate) observation: &'a Observation,
    pub(crate) iterations: Option<&'a IterationRecord>,
    pub(crate) ledger: Option<&'a SiteLedger>,
}

impl<'a> Seen<'a> {
    pub(crate) fn of(source: &'a ProgramSource, observation: &'a Observation, site: &Site) -> Self {
        Self {
            source,
            observation,
            iterations: observation
                .iterations
                .iter()
                .find(|record| record.site == site.id),
            ledger: observation
                .site_ledgers
                .iter()
                .find(|ledger| ledger.site == site.id),
        }
    }

    /// The record of a call. It is kept once even where the call stands in several sites (nested
    /// loops), under one of them.
    fn call(&self, site: &Site, call: usize) -> Option<&'a CallRecord> {
        let span = site.calls.get(call)?.span;
        self.observation.calls.iter().find(|record| {
            let home = self.source.sites.get(record.site as usize);
            home.is_some_and(|home| {
                home.path == site.path
                    && home
                        .calls
                        .get(record.call)
                        .is_some_and(|spot| spot.span == span)
            })
        })
    }

    /// Wall seconds under the site, all entries together.
    pub(crate) fn seconds(&self) -> f64 {
        let sampled = self.ledger.map_or(0.0, |ledger| ledger.ledger.total());
        match self.iterations {
            Some(record) if record.exact && record.wall_seconds > 0.0 => record.wall_seconds,
            Some(record) => sampled.max(record.wall_seconds),
            None => sampled,
        }
    }

    /// Tasks issued; 0 when nobody counted them.
    pub(crate) fn tasks(&self) -> u64 {
        self.iterations.map_or(0, |record| record.iterations)
    }

    /// Seconds of the site's wall time that lie in call `call`.
    pub(crate) fn call_seconds(&self, site: &Site, call: usize) -> f64 {
        // While a coroutine waits, no stack shows it: the iteration's own clock does.
        if site.calls.get(call).is_some_and(|spot| spot.awaited) {
            return self.seconds();
        }
        let sampled = self.ledger.and_then(|ledger| {
            let total = ledger.ledger.total();
            let own = ledger.calls.get(call).map_or(0.0, Ledger::total);
            let rounds = self.observation.sampling.rate * total;
            (rounds >= SAMPLES_FOR_A_SHARE && total > 0.0).then(|| self.seconds() * own / total)
        });
        sampled
            .or_else(|| self.call_seconds_by_record(site, call))
            .unwrap_or(0.0)
    }

    fn call_seconds_by_record(&self, site: &Site, call: usize) -> Option<f64> {
        let mean = mean(self.call(site, call)?.samples.iter().map(|(wall, _)| *wall))?;
        Some((mean * self.tasks() as f64).min(self.seconds()))
    }
}

/// Everything known of `part` of `site` as the task.
pub(crate) fn build(site: &Site, part: Part, seen: &Seen<'_>) -> Workload {
    let tasks = seen.tasks().max(1);
    let whole = seen.seconds();
    let own = match part {
        Part::Call(call) => seen.call_seconds(site, call).min(whole),
        Part::Body => whole,
    };
    let ledger = part_ledger(part, seen, own);
    let record = match part {
        Part::Call(call) => seen.call(site, call),
        Part::Body => None,
    };
    let crossing = part.crossing(site);
    let mut split = Split::of(&ledger, &seen.observation.process);
    if part.awaited(site) {
        // What a coroutine waits for happens while no stack shows it.
        split.real_wait = 1.0;
    }
    let (picklable, pickle_error) = picklability(record, crossing);
    let pickled =
        |facts: fn(&CallRecord) -> &PickleFacts| record.map(facts).cloned().unwrap_or_default();
    let (arguments, result) = match record {
        Some(_) => (pickled(|r| &r.arguments), pickled(|r| &r.result)),
        None => (unseen_items(seen, tasks), PickleFacts::default()),
    };
    Workload {
        tasks,
        entries: seen.iterations.map_or(1, |record| record.entered.max(1)),
        samples: task_samples(seen, record, own / tasks as f64, &split),
        sequential_part: (whole - own).max(0.0) / tasks as f64,
        argument_bytes: arguments.bytes,
        argument_buffer_bytes: arguments.buffer_bytes,
        argument_pickle: arguments.seconds,
        result_bytes: result.bytes,
        result_buffer_bytes: result.buffer_bytes,
        result_pickle: result.seconds,
        picklable,
        pickle_error,
        independence: part.independence(site).clone(),
        ledger,
        sockets: part.sockets(site),
        client_cpu: client_cpu(seen) / tasks as f64,
        child_cpu: split.child_cpu * own / tasks as f64,
        native_thread_cpu: native_threads(seen, &ledger) / tasks as f64,
        import_seconds: seen.observation.import_seconds,
        memory: seen.observation.process.peak_memory,
        kernel: kernel_work(seen, &ledger, tasks),
    }
}

/// CPU seconds in the network library, all tasks together: by its part of the samples' CPU.
fn client_cpu(seen: &Seen<'_>) -> f64 {
    let cpu = |ledger: &Ledger| ledger.gil_cpu() + ledger.free_cpu();
    let Some(ledger) = seen.ledger else {
        return 0.0;
    };
    let sampled = ledger.ledger.total();
    if sampled > 0.0 {
        cpu(&ledger.client) * seen.seconds() / sampled
    } else {
        0.0
    }
}

/// What the kernel did for a task: by its part of the kernel's CPU time.
fn kernel_work(seen: &Seen<'_>, ledger: &Ledger, tasks: u64) -> KernelWork {
    let process = &seen.observation.process;
    let everywhere = seen.observation.ledger.kernel + seen.observation.other_threads.kernel;
    if everywhere <= 0.0 {
        return KernelWork::default();
    }
    let part = (ledger.kernel / everywhere).min(1.0) / tasks as f64;
    KernelWork {
        page_faults: process.page_faults as f64 * part,
        file_calls: process.file_calls as f64 * part,
        file_bytes: process.file_bytes as f64 * part,
    }
}

/// Memory of a bare interpreter with a few modules, in bytes (`python3 -c "import json"`: 11 MB
/// resident on 3.11 and 3.13).
const BARE: u64 = 11 << 20;

/// Items that nobody weighed cannot be larger than the program's memory divided among them.
fn unseen_items(seen: &Seen<'_>, tasks: u64) -> PickleFacts {
    let memory = seen.observation.process.peak_memory.saturating_sub(BARE);
    let bytes = memory as f64 / tasks as f64;
    PickleFacts {
        bytes,
        largest: bytes,
        buffer_bytes: bytes,
        ..PickleFacts::default()
    }
}

/// The part's ledger, scaled to its wall seconds.
fn part_ledger(part: Part, seen: &Seen<'_>, own: f64) -> Ledger {
    let Some(ledger) = seen.ledger else {
        return Ledger::default();
    };
    let mut chosen = match part {
        Part::Call(call) => ledger.calls.get(call).copied().unwrap_or_default(),
        Part::Body => ledger.ledger,
    };
    if chosen.total() == 0.0 {
        chosen = ledger.ledger;
    }
    let total = chosen.total();
    if total > 0.0 {
        chosen.scaled(own / total)
    } else {
        chosen
    }
}

/// CPU of native threads (BLAS workers) that belongs to the part: by its share of the time in
/// native code that released the GIL, which is where such threads are set to work.
fn native_threads(seen: &Seen<'_>, ledger: &Ledger) -> f64 {
    let everywhere = seen.observation.ledger.native_released;
    if everywhere <= 0.0 {
        return 0.0;
    }
    seen.observation.process.native_thread_cpu * (ledger.native_released / everywhere).min(1.0)
}

/// How a task's wall time divides, as shares.
struct Split {
    /// Of the CPU time: needing the GIL, in the kernel (the rest: native, GIL released).
    gil: f64,
    kernel: f64,
    /// Of the wall time: CPU.
    cpu: f64,
    /// Of the wall time: a child process's CPU that the task waits for.
    child_cpu: f64,
    /// Of the time off the CPU: real waiting (not queueing for a CPU or the GIL, which another
    /// run or another API would not have).
    real_wait: f64,
    known: bool,
}

impl Split {
    fn of(ledger: &Ledger, process: &rightlane_facts::Process) -> Self {
        let total = ledger.total();
        let cpu = ledger.gil_cpu() + ledger.free_cpu();
        let waiting = ledger.waiting() + ledger.unexplained;
        let queueing = ledger.cpu_wait + ledger.gil_wait;
        let for_children = ledger.child + ledger.pipe;
        let child_cpu = for_children.min(process.child_cpu);
        let ratio = |part: f64, of: f64, none: f64| if of > 0.0 { part / of } else { none };
        Self {
            gil: ratio(ledger.gil_cpu(), cpu, 1.0),
            kernel: ratio(ledger.kernel, cpu, 0.0),
            cpu: ratio(cpu, total, 1.0),
            child_cpu: ratio(child_cpu, total, 0.0),
            real_wait: ratio(waiting, waiting + queueing, 1.0),
            known: total > 0.0,
        }
    }

    /// One task of `wall` seconds, `cpu` of them on a CPU where the call ledger knows it.
    fn task(&self, wall: f64, cpu: Option<f64>) -> TaskSample {
        let cpu = cpu.unwrap_or(wall * self.cpu).min(wall);
        let child_cpu = if self.known {
            (wall * self.child_cpu).min(wall - cpu)
        } else {
            0.0
        };
        TaskSample {
            gil_cpu: cpu * self.gil,
            kernel_cpu: cpu * self.kernel,
            free_cpu: (cpu * (1.0 - self.gil - self.kernel)).max(0.0),
            child_cpu,
            waiting: ((wall - cpu) * self.real_wait - child_cpu).max(0.0),
        }
    }
}

/// An even sample of tasks whose mean wall time is `mean_wall`.
fn task_samples(
    seen: &Seen<'_>,
    record: Option<&CallRecord>,
    mean_wall: f64,
    split: &Split,
) -> Vec<TaskSample> {
    let timed = seen
        .iterations
        .map(|record| record.samples.as_slice())
        .filter(|samples| !samples.is_empty())
        .or_else(|| record.map(|record| record.samples.as_slice()))
        .unwrap_or_default();
    let sampled_mean = mean(timed.iter().map(|(wall, _)| *wall)).unwrap_or(0.0);
    if sampled_mean <= 0.0 {
        return vec![split.task(mean_wall, None)];
    }
    let factor = mean_wall / sampled_mean;
    timed
        .iter()
        .map(|(wall, cpu)| split.task(wall * factor, Some(cpu * factor)))
        .collect()
}

fn picklability(record: Option<&CallRecord>, crossing: &Crossing) -> (Answer, Option<String>) {
    let error = record.and_then(|record| {
        [&record.callee, &record.arguments, &record.result]
            .into_iter()
            .find_map(|facts| facts.error.clone())
    });
    if error.is_some() {
        return (Answer::No, error);
    }
    let doubt = crossing.doubts.first().cloned();
    match (crossing.importable, record) {
        (Answer::No, _) => (Answer::No, doubt),
        (_, Some(record)) if record.arguments.tried > 0 => (Answer::Yes, None),
        (Answer::Yes, _) if doubt.is_none() => (Answer::Yes, None),
        _ => (Answer::Unknown, doubt),
    }
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0u64);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}
