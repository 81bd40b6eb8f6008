//! Code for a run of long-lived activities.

use rightlane_facts::{DependencyKind, Family, Site};

/// A worker for each group of members that depend on each other.
pub(crate) fn write_run(site: &Site, groups: &[Vec<usize>], family: Family) -> String {
    let (module, class, queue) = match family {
        Family::Process => ("multiprocessing", "Process", "multiprocessing.Queue()"),
        _ => ("threading", "Thread", "queue.SimpleQueue()"),
    };
    let mut lines = vec![format!("import {module}")];
    let streams = site
        .dependencies
        .iter()
        .any(|d| d.kind == DependencyKind::Stream);
    if streams && family != Family::Process {
        lines.push("import queue".to_owned());
    }
    lines.push(String::new());
    for dependency in site
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Stream)
    {
        lines.push(format!(
            "# {} becomes {queue}: the first activity puts items into it and None at the end, \
             the second goes through iter({}.get, None)",
            dependency.name, dependency.name
        ));
    }
    let mut workers = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let name = format!("activity_{}", number + 1);
        lines.push(format!("def {name}():"));
        for member in group {
            lines.push(super::indented(&site.members[*member].text, "    "));
        }
        lines.push(String::new());
        workers.push(format!("{module}.{class}(target={name})"));
    }
    lines.push(format!("workers = [{}]", workers.join(", ")));
    lines.push("for worker in workers:\n    worker.start()".to_owned());
    lines.push("for worker in workers:\n    worker.join()".to_owned());
    lines.join("\n")
}
