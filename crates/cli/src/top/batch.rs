//! Plain tables, for scripts and for where there is no terminal.

use super::columns::Layout;
use super::header;
use super::state::Top;
use super::style::Palette;

/// The whole view as text: every thread, nothing styled.
pub(super) fn table(top: &Top, columns: usize) -> String {
    let header = header::lines(top, columns, usize::MAX, Palette::new(false));
    let layout = Layout::new(top.columns(), columns);
    let rows = top.rows.iter().map(|row| {
        let cells = layout.cells(row).into_iter().map(|(_, text)| text);
        cells.collect::<Vec<_>>().join(" ")
    });
    let lines = header.iter().map(ToString::to_string);
    let lines = lines
        .chain([String::new(), layout.titles(top.sort)])
        .chain(rows);
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}
