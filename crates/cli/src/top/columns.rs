//! The table's columns: their widths, titles and texts. The screen and the plain tables share them.

use super::rows::{Row, percent};
use super::sort::{Column, Sort};
use super::text::{cut_name, fit, fit_right};
use super::words;

impl Column {
    fn title(self) -> &'static str {
        match self {
            Column::Pid => "PID",
            Column::Tid => "TID",
            Column::Name => "NAME",
            Column::State => "STATE",
            Column::For => "FOR",
            Column::Gil => "GIL%",
            Column::Cpu => "CPU%",
            Column::Waits => "WAITS FOR",
            Column::Where => "WHERE",
        }
    }

    /// The narrowest that it may be.
    fn least(self) -> usize {
        match self {
            Column::Pid | Column::Tid => 7,
            Column::Name => 10,
            Column::State => 9,
            Column::For | Column::Gil | Column::Cpu => 5,
            Column::Waits => 14,
            Column::Where => 13,
        }
    }

    /// How much of the room left over it gets, and how wide it is at most.
    fn growth(self) -> (usize, usize) {
        match self {
            Column::Name => (2, 20),
            Column::Waits => (4, 44),
            Column::Where => (6, usize::MAX),
            _ => (0, 0),
        }
    }

    fn is_right_aligned(self) -> bool {
        matches!(
            self,
            Column::Pid | Column::Tid | Column::For | Column::Gil | Column::Cpu
        )
    }
}

/// What goes first where there is too little room.
const DISPENSABLE: [Column; 7] = [
    Column::Tid,
    Column::Waits,
    Column::For,
    Column::Pid,
    Column::Gil,
    Column::Where,
    Column::Cpu,
];

/// Chosen columns with their widths.
#[derive(Debug)]
pub(super) struct Layout {
    columns: Vec<(Column, usize)>,
}

impl Layout {
    /// As many of `columns` as have room in `width`, one column of space between any two.
    pub(super) fn new(mut columns: Vec<Column>, width: usize) -> Self {
        for dispensable in DISPENSABLE {
            if needed(&columns) <= width {
                break;
            }
            columns.retain(|column| *column != dispensable);
        }
        let mut left = width.saturating_sub(needed(&columns));
        let mut shares: usize = columns.iter().map(|column| column.growth().0).sum();
        let widths = columns.into_iter().map(|column| {
            let (share, most) = column.growth();
            let least = column.least();
            if share == 0 {
                return (column, least);
            }
            let more = (left * share / shares).min(most - least);
            left -= more;
            shares -= share;
            (column, least + more)
        });
        Self {
            columns: widths.collect(),
        }
    }

    /// The columns' titles; that by which the rows are sorted has an arrow.
    pub(super) fn titles(&self, sort: Sort) -> String {
        let titles = self.columns.iter().map(|(column, width)| {
            let arrow = match (*column == sort.column, sort.descends()) {
                (false, _) => "",
                (true, true) => "▼",
                (true, false) => "▲",
            };
            aligned(*column, &format!("{}{arrow}", column.title()), *width)
        });
        titles.collect::<Vec<_>>().join(" ")
    }

    /// The cells of `row`, each as wide as its column.
    pub(super) fn cells(&self, row: &Row) -> Vec<(Column, String)> {
        let cells = self.columns.iter().map(|(column, width)| {
            let cell = aligned(*column, &cell(*column, row, *width), *width);
            (*column, cell)
        });
        cells.collect()
    }
}

fn needed(columns: &[Column]) -> usize {
    let widths: usize = columns.iter().map(|column| column.least()).sum();
    widths + columns.len().saturating_sub(1)
}

fn aligned(column: Column, text: &str, width: usize) -> String {
    if column.is_right_aligned() {
        fit_right(text, width)
    } else {
        fit(text, width)
    }
}

fn cell(column: Column, row: &Row, width: usize) -> String {
    let key = row.key();
    let pid = key.map_or(0, |key| key.pid);
    let seen = row.cause.is_some();
    match column {
        Column::Pid if row.members.iter().any(|key| key.pid != pid) => "several".to_owned(),
        Column::Pid => pid.to_string(),
        Column::Tid if row.count() > 1 || !seen => String::new(),
        Column::Tid => key.map_or(0, |key| key.tid).to_string(),
        Column::Name => cut_name(&row.name, width),
        Column::State => row.cause.map_or("-", words::state).to_owned(),
        Column::For | Column::Gil if !seen => String::new(),
        Column::For => words::age(row.since),
        Column::Gil => share(row.gil),
        Column::Cpu => share(row.cpu),
        Column::Waits => row.waits.within(width).to_owned(),
        Column::Where => row.place.within(width).to_owned(),
    }
}

/// Per cent without the sign, which the title has; nothing is said of nothing.
fn share(share: f64) -> String {
    let percent = percent(share);
    match percent.trim_end_matches(" %") {
        "0" if share < 0.0005 => "·".to_owned(),
        digits => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_fill_any_width_and_the_least_important_ones_go() {
        for width in [200, 120, 80, 60, 40, 30] {
            let layout = Layout::new(Column::ALL.to_vec(), width);
            let used: usize = layout.columns.iter().map(|(_, width)| width + 1).sum();
            assert!(used - 1 <= width, "{width}: {:?}", layout.columns);
        }
        let columns = |width| {
            let layout = Layout::new(Column::ALL.to_vec(), width);
            let columns = layout.columns.into_iter();
            columns
                .map(|(column, _)| column.title())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            columns(120),
            "PID TID NAME STATE FOR GIL% CPU% WAITS FOR WHERE"
        );
        assert_eq!(columns(80), "PID NAME STATE FOR GIL% CPU% WAITS FOR WHERE");
        assert_eq!(columns(40), "NAME STATE CPU% WHERE");
        assert_eq!(columns(20), "NAME STATE");
    }
}
