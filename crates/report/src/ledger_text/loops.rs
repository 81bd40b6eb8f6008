//! Event loops: what stalled them, and what their tasks awaited.

use super::lines::short_path;
use crate::look::Role;
use crate::page::Page;
use rightlane_facts::{AwaitReport, LedgerReport, words};

const SHOWN: usize = 6;

pub(super) fn write(page: &mut Page, report: &LedgerReport) {
    stalls(page, report);
    awaits(page, report);
}

fn stalls(page: &mut Page, report: &LedgerReport) {
    let all: Vec<_> = report
        .processes
        .iter()
        .flat_map(|process| &process.stalls)
        .collect();
    if all.is_empty() {
        return;
    }
    page.heading("What stalled the event loop");
    for stall in all.iter().take(SHOWN) {
        let place = format!("{}:{}", short_path(&stall.file), stall.line);
        let left = [
            (place, Role::Strong),
            (format!("  {}", stall.function), Role::Code),
        ];
        let time = words::seconds(stall.seconds);
        page.spread(1, &left, &(time, Role::Strong));
        let text = format!(
            "{}: {}, the longest {}; nothing else on the loop ran meanwhile",
            stall.cause.words(),
            words::count(u64::from(stall.count), "time"),
            words::seconds(stall.longest),
        );
        page.styled(4, 2, Role::Quiet, &text);
    }
}

fn awaits(page: &mut Page, report: &LedgerReport) {
    let all: Vec<&AwaitReport> = report
        .processes
        .iter()
        .flat_map(|process| &process.awaits)
        .collect();
    if all.is_empty() {
        return;
    }
    page.heading("What asyncio tasks awaited");
    for awaited in all.iter().take(SHOWN) {
        let chain: Vec<String> = awaited
            .frames
            .iter()
            .rev()
            .map(|frame| {
                format!(
                    "{} ({}:{})",
                    frame.function,
                    short_path(&frame.file),
                    frame.line
                )
            })
            .collect();
        let chain = match &awaited.awaits {
            Some(what) => format!("{} → {what}", chain.join(" → ")),
            None => chain.join(" → "),
        };
        let tasks = match awaited.most {
            1 => awaited.names.first().cloned().unwrap_or("1 task".into()),
            most => format!("{:.0} tasks, at most {most}", awaited.tasks),
        };
        page.labelled_as(1, 26, (&tasks, Role::Strong), (&chain, Role::Plain));
    }
}
