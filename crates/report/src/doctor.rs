//! What `rightlane doctor` found.

use crate::look::{Look, Role};
use crate::page::Page;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use rightlane_facts::{ApiCosts, Figure, Machine, PythonFacts, StartCosts, WorkerCosts, words};
use serde::Serialize;

/// The oldest version whose programs can be observed.
const OLDEST: (u32, u32, u32) = (3, 10, 0);

/// This machine, its Pythons and what is permitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoctorReport {
    /// The machine with the interpreter that was measured.
    pub machine: Machine,
    /// The Pythons that were found.
    pub pythons: Vec<PythonFacts>,
    /// Whether another process of this user may be sampled.
    pub sampling: SamplingReport,
    /// The folder of measured costs, if there is one.
    pub cache: Option<String>,
}

/// Whether another process of this user may be sampled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SamplingReport {
    /// Whether it may.
    pub permitted: bool,
    /// Why not, and what to do.
    pub reason: Option<String>,
}

/// `report` for people.
#[must_use]
pub fn doctor_text(report: &DoctorReport, look: Look) -> String {
    let mut page = Page::new(look);
    let machine = &report.machine;
    page.heading("This machine");
    let cores = format!(
        "{} usable (by {})",
        plain(machine.cores),
        machine.cores_limit
    );
    page.labelled(1, 10, "cores", &cores);
    page.labelled(1, 10, "memory", &words::bytes(machine.memory as f64));
    match &report.sampling {
        SamplingReport {
            permitted: true, ..
        } => page.labelled(1, 10, "sampling", "permitted"),
        SamplingReport { reason, .. } => {
            let text = format!(
                "not permitted: {}",
                reason.as_deref().unwrap_or("unknown why")
            );
            page.labelled_as(1, 10, ("sampling", Role::Quiet), (&text, Role::Doubtful));
        }
    }
    if let Some(cache) = &report.cache {
        page.labelled(1, 10, "cache", cache);
    }
    page.heading("Pythons");
    for python in &report.pythons {
        let measured = python.executable == machine.python.executable;
        self::python(&mut page, python, measured);
    }
    let (major, minor, micro) = machine.python.version;
    page.heading(&format!("What Python {major}.{minor}.{micro} costs here"));
    for line in table(&machine.costs, look).lines() {
        page.raw(line.trim_end());
    }
    page.finish()
}

fn python(page: &mut Page, python: &PythonFacts, measured: bool) {
    let (major, minor, micro) = python.version;
    let gil = if python.gil { "GIL" } else { "no GIL" };
    let method = python.default_start_method.name();
    let mark = match python.version {
        version if version < OLDEST => ", too old to be observed",
        _ if measured => ", measured below",
        _ => "",
    };
    let version = format!("{major}.{minor}.{micro}");
    let text = format!("{gil}, start method {method}{mark}: {}", python.executable);
    page.labelled_as(1, 10, (&version, Role::Strong), (&text, Role::Plain));
}

/// A row: what, and its figure as text with its spread.
type Row = (String, String, String);

fn table(costs: &ApiCosts, look: Look) -> String {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(look.width()).unwrap_or(80));
    for (what, value, spread) in rows(costs) {
        table.add_row([what, value, spread]);
    }
    for index in [1, 2] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

fn rows(costs: &ApiCosts) -> Vec<Row> {
    let mut rows = vec![
        time("start and join a thread", &costs.threads.start),
        time("ThreadPoolExecutor.map, per task", &costs.threads.task),
        time("ThreadPool.map, per item", &costs.threads.pool_item),
    ];
    if let Some(gil) = &costs.gil {
        rows.push(time(
            "wait for the GIL of a computing thread",
            &gil.interval,
        ));
    }
    workers(
        &mut rows,
        "ProcessPoolExecutor",
        costs.process_executor.as_ref(),
    );
    workers(
        &mut rows,
        "multiprocessing.Pool",
        costs.process_pool.as_ref(),
    );
    start(&mut rows, "fork", costs.fork.as_ref());
    start(&mut rows, "forkserver", costs.forkserver.as_ref());
    start(&mut rows, "spawn", costs.spawn.as_ref());
    if let Some(interpreters) = &costs.interpreters {
        rows.push(time("start an interpreter", &interpreters.following));
        rows.push(time(
            "InterpreterPoolExecutor.map, per task",
            &interpreters.task,
        ));
    }
    rows.extend(
        costs
            .transport
            .to_worker
            .iter()
            .map(|figure| rate("send bytes to a worker", figure)),
    );
    rows.extend(
        costs
            .transport
            .from_worker
            .iter()
            .map(|figure| rate("send bytes back", figure)),
    );
    rows.push(time("start an event loop", &costs.asyncio.loop_start));
    rows.push(time("a coroutine under gather", &costs.asyncio.task));
    rows.push(time("asyncio.to_thread", &costs.asyncio.to_thread));
    if let Some(kernel) = &costs.kernel {
        rows.push(time("a page of fresh memory", &kernel.page_fault));
        rows.push(rate("read a file that is in memory", &kernel.copy));
    }
    rows.push(factor(
        "Python code on all cores at once takes",
        &costs.cores.process_slowdown,
    ));
    rows
}

fn workers(rows: &mut Vec<Row>, name: &str, costs: Option<&WorkerCosts>) {
    let Some(costs) = costs else { return };
    rows.push(time(&format!("{name}, per chunk"), &costs.chunk));
    rows.push(time(
        &format!("{name}, one there and back"),
        &costs.round_trip,
    ));
}

fn start(rows: &mut Vec<Row>, name: &str, costs: Option<&StartCosts>) {
    let Some(costs) = costs else { return };
    rows.push(time(
        &format!("start the first worker by {name}"),
        &costs.first,
    ));
    rows.push(time(
        &format!("each further worker by {name}"),
        &costs.following,
    ));
}

fn time(what: &str, figure: &Figure) -> Row {
    row(what, figure, words::seconds)
}

/// Seconds per byte as bytes per second.
fn rate(what: &str, figure: &Figure) -> Row {
    // The most seconds are the least bytes per second.
    let turned = Figure {
        spread: figure.spread.map(|(low, high)| (high, low)),
        ..*figure
    };
    row(what, &turned, |seconds| {
        if seconds > 0.0 {
            format!("{}/s", words::bytes(1.0 / seconds))
        } else {
            "no time".to_owned()
        }
    })
}

fn factor(what: &str, figure: &Figure) -> Row {
    row(what, figure, |times| format!("{times:.2} ×"))
}

fn row(what: &str, figure: &Figure, shown: impl Fn(f64) -> String) -> Row {
    let spread = figure.spread.map_or_else(String::new, |(low, high)| {
        let (low, high) = (shown(low), shown(high));
        if low == high {
            String::new()
        } else {
            format!("{low} to {high}")
        }
    });
    (what.to_owned(), shown(figure.value), spread)
}

fn plain(cores: f64) -> String {
    let text = format!("{cores:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
