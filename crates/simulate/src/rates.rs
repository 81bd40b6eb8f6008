//! The machine's figures as plain numbers, as measured or drawn from their spread.

use crate::engine::{GilRates, Hardware};
use crate::tasks::Random;
use rightlane_facts::{Figure, InterpreterCosts, Machine, StartCosts, StartMethod, WorkerCosts};

/// Turns figures into numbers.
pub(crate) enum Draw<'a> {
    /// As measured.
    Value,
    /// Anywhere in the spread.
    Spread(&'a mut Random),
}

impl Draw<'_> {
    /// The figure's value, or one from its spread; never negative, never infinite.
    pub(crate) fn of(&mut self, figure: &Figure) -> f64 {
        let number = match (self, figure.spread) {
            (Draw::Spread(random), Some((low, high))) if high > low => {
                low + random.unit() * (high - low)
            }
            _ => figure.value,
        };
        if number.is_finite() {
            number.clamp(0.0, 1e6)
        } else {
            0.0
        }
    }

    fn option(&mut self, figure: Option<&Figure>) -> f64 {
        figure.map_or(0.0, |figure| self.of(figure))
    }
}

/// Everything that the simulations use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    pub cores: f64,
    pub has_gil: bool,
    pub gil: GilRates,
    pub idle_wake: f64,
    pub busy_wake: f64,
    pub cold_start: f64,
    pub process_slowdown: f64,
    pub thread_slowdown: f64,
    pub python_slowdown: f64,
    pub thread_start: f64,
    pub submit: f64,
    pub thread_task: f64,
    pub pool_item: f64,
    pub pool_chunk: f64,
    pub loop_start: f64,
    pub coroutine: f64,
    pub to_thread: f64,
    pub exchange: f64,
    pub exchange_extra: f64,
    pub to_worker: f64,
    pub to_worker_cpu: f64,
    pub from_worker: f64,
    pub from_worker_cpu: f64,
    pub buffer_dumps: f64,
    pub graph_dumps: f64,
    pub plain_dumps: Option<f64>,
    pub loads_per_dumps: f64,
    pub fork_memory: f64,
    pub copy_on_write: f64,
    pub page_fault: f64,
    pub copy: f64,
}

impl Rates {
    pub(crate) fn new(machine: &Machine, draw: &mut Draw<'_>) -> Self {
        let costs = &machine.costs;
        let gil = costs
            .gil
            .as_ref()
            .map_or(GilRates::default(), |gil| GilRates {
                interval: draw.of(&gil.interval),
                switch: draw.of(&gil.switch),
                release_two: draw.of(&gil.release_two),
                release_eight: draw.of(&gil.release_eight),
                short_call: draw.of(&gil.short_call),
                socket_call: draw.of(&gil.socket_call),
                short_call_gil: draw.of(&gil.short_call_gil),
            });
        let exchange = draw.of(&costs.asyncio.exchange);
        let process_slowdown = draw.of(&costs.cores.process_slowdown).max(1.0);
        let python_slowdown = costs.threads.python_slowdown.as_ref();
        Self {
            cores: if machine.cores.is_finite() {
                machine.cores.clamp(0.01, 65_536.0)
            } else {
                1.0
            },
            has_gil: machine.python.gil,
            gil,
            idle_wake: draw.of(&costs.cores.idle_wake),
            busy_wake: draw.of(&costs.cores.busy_wake),
            cold_start: draw.option(costs.cores.cold_start.as_ref()),
            process_slowdown,
            thread_slowdown: draw.of(&costs.cores.thread_slowdown).max(1.0),
            python_slowdown: python_slowdown
                .map_or(process_slowdown, |figure| draw.of(figure).max(1.0)),
            thread_start: draw.of(&costs.threads.start),
            submit: draw.of(&costs.threads.submit),
            thread_task: draw.of(&costs.threads.task),
            pool_item: draw.of(&costs.threads.pool_item),
            pool_chunk: draw.of(&costs.threads.pool_chunk),
            loop_start: draw.of(&costs.asyncio.loop_start),
            coroutine: draw.of(&costs.asyncio.task),
            to_thread: draw.of(&costs.asyncio.to_thread),
            exchange,
            exchange_extra: (exchange - draw.of(&costs.asyncio.blocking_exchange)).max(0.0),
            to_worker: draw.option(costs.transport.to_worker.as_ref()),
            to_worker_cpu: draw.option(costs.transport.to_worker_cpu.as_ref()),
            from_worker: draw.option(costs.transport.from_worker.as_ref()),
            from_worker_cpu: draw.option(costs.transport.from_worker_cpu.as_ref()),
            buffer_dumps: draw.of(&costs.transport.buffer_dumps),
            graph_dumps: draw.of(&costs.transport.graph_dumps),
            plain_dumps: costs
                .transport
                .plain_dumps
                .as_ref()
                .map(|figure| draw.of(figure)),
            loads_per_dumps: draw.of(&costs.transport.loads_per_dumps),
            fork_memory: draw.option(costs.transport.fork_memory.as_ref()),
            copy_on_write: draw.option(costs.transport.copy_on_write.as_ref()),
            page_fault: draw.option(costs.kernel.as_ref().map(|kernel| &kernel.page_fault)),
            copy: draw.option(costs.kernel.as_ref().map(|kernel| &kernel.copy)),
        }
    }

    /// The hardware for threads of one process (`shared`) or for processes.
    pub(crate) fn hardware(&self, slowdown: f64) -> Hardware {
        Hardware {
            cores: self.cores,
            slowdown,
            idle_wake: self.idle_wake,
            busy_wake: self.busy_wake,
            gil: self.gil,
        }
    }
}

/// Starting workers, as numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Start {
    pub first: f64,
    pub following: f64,
}

/// Feeding workers, as numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Feeding {
    pub chunk: f64,
    pub chunk_parent: f64,
    pub chunk_worker: f64,
    pub busy_parent: f64,
    pub busy_worker: f64,
    /// With chunks of the lengths in `LOST_OVERLAP_AT`.
    pub lost_overlap: [f64; 2],
    pub item_parent: f64,
    pub item_worker: f64,
    pub shutdown: f64,
}

impl Start {
    /// `None`: this interpreter cannot start workers so.
    pub(crate) fn new(machine: &Machine, method: StartMethod, draw: &mut Draw<'_>) -> Option<Self> {
        let costs: &Option<StartCosts> = match method {
            StartMethod::Fork => &machine.costs.fork,
            StartMethod::Forkserver => &machine.costs.forkserver,
            StartMethod::Spawn => &machine.costs.spawn,
        };
        costs.as_ref().map(|costs| Self {
            first: draw.of(&costs.first),
            following: draw.of(&costs.following),
        })
    }

    /// Interpreters: what a task costs was measured as one, for both ends.
    pub(crate) fn of_interpreters(
        costs: &InterpreterCosts,
        draw: &mut Draw<'_>,
    ) -> (Feeding, Self) {
        let task = draw.of(&costs.task);
        let feeding = Feeding {
            chunk: task,
            chunk_parent: task / 2.0,
            chunk_worker: task / 2.0,
            ..Feeding::default()
        };
        let start = Self {
            first: draw.of(&costs.first),
            following: draw.of(&costs.following),
        };
        (feeding, start)
    }
}

/// Seconds of CPU per chunk at which lost overlap was measured.
const LOST_OVERLAP_AT: [f64; 2] = [0.000_2, 0.001];

impl Feeding {
    /// How much of the possible overlap is lost with chunks of so much CPU: as measured at the
    /// two lengths, by the logarithm between them. Beyond them it is the same loss of time per
    /// chunk, since it is about where threads wake up.
    pub(crate) fn lost_overlap(&self, chunk: f64) -> f64 {
        let [short, long] = LOST_OVERLAP_AT;
        let [at_short, at_long] = self.lost_overlap;
        if chunk <= short {
            at_short
        } else if chunk <= long {
            at_short + (chunk / short).ln() / (long / short).ln() * (at_long - at_short)
        } else {
            at_long * long / chunk
        }
    }

    pub(crate) fn new(costs: &WorkerCosts, draw: &mut Draw<'_>) -> Self {
        Self {
            chunk: draw.of(&costs.chunk),
            chunk_parent: draw.of(&costs.chunk_parent_cpu),
            chunk_worker: draw.of(&costs.chunk_worker_cpu),
            busy_parent: draw.of(&costs.busy_parent_cpu),
            busy_worker: draw.of(&costs.busy_worker_cpu),
            lost_overlap: [
                draw.of(&costs.lost_overlap_short).min(1.0),
                draw.of(&costs.lost_overlap_long).min(1.0),
            ],
            item_parent: draw.of(&costs.item_parent_cpu),
            item_worker: draw.of(&costs.item_worker_cpu),
            shutdown: draw.of(&costs.shutdown),
        }
    }
}
