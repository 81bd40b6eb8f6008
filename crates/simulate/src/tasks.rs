//! Tasks drawn from a workload's samples.

use rightlane_facts::{TaskSample, Workload};

/// A small generator (splitmix64): the seed is an input, the same seed gives the same draw.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `count`, which must not be 0.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is below a usize"
    )]
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

/// A sample with every part finite and not negative: observations are not trusted.
fn clean(sample: &TaskSample) -> TaskSample {
    let part = |seconds: f64| {
        if seconds.is_finite() {
            seconds.clamp(0.0, 1e9)
        } else {
            0.0
        }
    };
    TaskSample {
        gil_cpu: part(sample.gil_cpu),
        free_cpu: part(sample.free_cpu),
        kernel_cpu: part(sample.kernel_cpu),
        child_cpu: part(sample.child_cpu),
        waiting: part(sample.waiting),
    }
}

pub(crate) fn scaled(sample: &TaskSample, factor: f64) -> TaskSample {
    TaskSample {
        gil_cpu: sample.gil_cpu * factor,
        free_cpu: sample.free_cpu * factor,
        kernel_cpu: sample.kernel_cpu * factor,
        child_cpu: sample.child_cpu * factor,
        waiting: sample.waiting * factor,
    }
}

pub(crate) fn add(total: &mut TaskSample, sample: &TaskSample) {
    total.gil_cpu += sample.gil_cpu;
    total.free_cpu += sample.free_cpu;
    total.kernel_cpu += sample.kernel_cpu;
    total.child_cpu += sample.child_cpu;
    total.waiting += sample.waiting;
}

/// The mean task of a workload; nothing if it has no samples.
pub(crate) fn mean(workload: &Workload) -> TaskSample {
    let mut total = TaskSample::default();
    for sample in &workload.samples {
        add(&mut total, &clean(sample));
    }
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53 samples")]
    let count = workload.samples.len().max(1) as f64;
    scaled(&total, 1.0 / count)
}

/// Draws tasks in the order in which they are issued.
pub(crate) struct Tasks {
    samples: Vec<TaskSample>,
    by_length: Vec<TaskSample>,
    pub(crate) mean: TaskSample,
    /// Tasks per entry.
    pub(crate) per_entry: u64,
    /// Whether the samples are all tasks of one entry, in order.
    complete: bool,
}

impl Tasks {
    pub(crate) fn new(workload: &Workload) -> Self {
        let per_entry = workload.tasks.div_ceil(workload.entries.max(1));
        let samples: Vec<TaskSample> = workload.samples.iter().map(clean).collect();
        let mut by_length = samples.clone();
        by_length.sort_by(|a, b| a.wall().total_cmp(&b.wall()));
        Self {
            per_entry,
            samples,
            by_length,
            mean: mean(workload),
            complete: workload.samples.len() as u64 == per_entry,
        }
    }

    /// `count` tasks whose mean is the workload's mean, so that a draw does not shift the total.
    ///
    /// If every task was sampled and all are asked for, these are the tasks themselves in their
    /// order: whether the long ones come last decides how long the last worker takes.
    pub(crate) fn draw(&self, count: usize, random: &mut Random, reorder: bool) -> Vec<TaskSample> {
        if self.samples.is_empty() {
            return vec![TaskSample::default(); count];
        }
        if self.complete && count == self.samples.len() && !reorder {
            return self.samples.clone();
        }
        // evenly over the lengths: with tasks of very different lengths, two draws by chance
        // would differ more than what is simulated with them
        let offset = random.unit();
        #[expect(clippy::cast_precision_loss, reason = "at most some thousands")]
        let stride = self.by_length.len() as f64 / count as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "below the number of samples"
        )]
        let mut drawn: Vec<TaskSample> = (0..count)
            .map(|index| ((index as f64 + offset) * stride) as usize)
            .map(|index| self.by_length[index.min(self.by_length.len() - 1)])
            .collect();
        for index in (1..drawn.len()).rev() {
            drawn.swap(index, random.below(index + 1));
        }
        self.normalise(&mut drawn);
        drawn
    }

    /// One task by chance.
    pub(crate) fn one(&self, random: &mut Random) -> TaskSample {
        if self.samples.is_empty() {
            return TaskSample::default();
        }
        self.samples[random.below(self.samples.len())]
    }

    fn normalise(&self, drawn: &mut [TaskSample]) {
        let mut total = TaskSample::default();
        for sample in drawn.iter() {
            add(&mut total, sample);
        }
        #[expect(clippy::cast_precision_loss, reason = "at most a few thousand")]
        let count = drawn.len() as f64;
        let factor = |want: f64, have: f64| if have > 0.0 { want * count / have } else { 1.0 };
        let (gil, free) = (
            factor(self.mean.gil_cpu, total.gil_cpu),
            factor(self.mean.free_cpu, total.free_cpu),
        );
        let (kernel, child, waiting) = (
            factor(self.mean.kernel_cpu, total.kernel_cpu),
            factor(self.mean.child_cpu, total.child_cpu),
            factor(self.mean.waiting, total.waiting),
        );
        for sample in drawn {
            sample.gil_cpu *= gil;
            sample.free_cpu *= free;
            sample.kernel_cpu *= kernel;
            sample.child_cpu *= child;
            sample.waiting *= waiting;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
pub(crate) fn to_usize(number: f64) -> usize {
    number.clamp(1.0, 1e9) as usize
}

pub(crate) fn to_usize_from(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
