//! What was observed, and what stands out.

use crate::look::Role;
use crate::page::Page;
use rightlane_facts::{LedgerReport, Outcome, PythonBuild, words};

pub(super) fn write(page: &mut Page, report: &LedgerReport) {
    let program = std::iter::once(&report.program).chain(&report.arguments);
    let program = program.cloned().collect::<Vec<_>>().join(" ");
    let shown = crate::page::shortened(&program, page.look().width().saturating_sub(24));
    let left = [(shown, Role::Strong)];
    let wall = format!("{} of wall time", words::seconds(report.wall_seconds));
    page.spread(0, &left, &(wall, Role::Strong));
    page.paragraph(2, 0, &facts(report));
    if let Some(ended) = ended(report) {
        page.styled(2, 0, Role::Bad, &ended);
    }
}

fn facts(report: &LedgerReport) -> String {
    let mut facts = Vec::new();
    let first = report.processes.first();
    if let Some(python) = first.and_then(|process| process.python) {
        facts.push(build(python));
    }
    let processes = report.processes.len();
    if processes > 1 {
        facts.push(words::count(processes as u64, "process").replace("processs", "processes"));
    }
    let threads: usize = report
        .processes
        .iter()
        .map(|process| process.threads.len())
        .sum();
    facts.push(words::count(threads as u64, "Python thread"));
    let cpu: f64 = report
        .processes
        .iter()
        .map(|process| process.cpu_seconds)
        .sum();
    facts.push(format!("{} of CPU", words::seconds(cpu)));
    if let Some(process) = first {
        if let Some(share) = process.gil_share {
            facts.push(format!(
                "GIL held running {} of the time",
                words::percent(share)
            ));
        }
        facts.push(format!("{:.0} looks per second", process.sampling.rate));
    }
    facts.join(", ")
}

/// `Python 3.13`, `Python 3.14 free-threaded`.
pub(super) fn build(python: PythonBuild) -> String {
    let kind = match (python.free_threaded, python.gil) {
        (false, _) => "",
        (true, false) => " free-threaded",
        (true, true) => " free-threaded, with the GIL switched on",
    };
    format!("Python 3.{}{kind}", python.minor)
}

fn ended(report: &LedgerReport) -> Option<String> {
    match report.outcome? {
        _ if report.cut_short => Some("observing stopped before the program's own end".to_owned()),
        Outcome::Exited(0) => None,
        Outcome::Exited(code) => Some(format!("the program ended with exit code {code}")),
        Outcome::Signalled(signal) => Some(format!("signal {signal} ended the program")),
    }
}
