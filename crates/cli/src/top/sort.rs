//! The columns, and the order of the rows by any of them.

use super::rows::Row;
use std::cmp::Ordering;

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Pid,
    Tid,
    Name,
    State,
    For,
    Gil,
    Cpu,
    Waits,
    Where,
}

impl Column {
    /// All, in the order in which they stand.
    pub(super) const ALL: [Column; 9] = [
        Column::Pid,
        Column::Tid,
        Column::Name,
        Column::State,
        Column::For,
        Column::Gil,
        Column::Cpu,
        Column::Waits,
        Column::Where,
    ];

    /// Whether people want its largest values first.
    fn is_amount(self) -> bool {
        matches!(self, Column::For | Column::Gil | Column::Cpu)
    }
}

/// By what the rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) column: Column,
    /// Against the order that the column has by itself.
    pub(super) reversed: bool,
}

impl Sort {
    /// Whether large values stand first.
    pub(super) fn descends(self) -> bool {
        self.column.is_amount() != self.reversed
    }

    /// Sorts `rows`. What is equal stands in the order of its ids, so that no row jumps about.
    pub(super) fn apply(self, rows: &mut [Row]) {
        rows.sort_by(|a, b| {
            let order = compare(self.column, a, b);
            let order = if self.descends() {
                order.reverse()
            } else {
                order
            };
            order.then_with(|| a.members.cmp(&b.members))
        });
    }
}

fn compare(column: Column, a: &Row, b: &Row) -> Ordering {
    let id = |row: &Row| row.key().map(|key| (key.pid, key.tid));
    match column {
        Column::Pid => id(a).cmp(&id(b)),
        Column::Tid => id(a).map(|id| id.1).cmp(&id(b).map(|id| id.1)),
        Column::Name => natural(&a.name, &b.name),
        Column::State => a.cause.cmp(&b.cause),
        Column::For => a.since.total_cmp(&b.since),
        Column::Gil => shown(a.gil).cmp(&shown(b.gil)),
        Column::Cpu => shown(a.cpu).cmp(&shown(b.cpu)),
        Column::Waits => a.waits.long().cmp(b.waits.long()),
        Column::Where => a.place.long().cmp(b.place.long()),
    }
}

/// What the column shows of a share: what looks equal has to be sorted as equal.
fn shown(share: f64) -> i64 {
    (share * 100.0).round() as i64
}

/// `worker-9` before `worker-10`.
fn natural(a: &str, b: &str) -> Ordering {
    let split = |name: &str| {
        let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let number = name
            .get(stem.len()..)
            .and_then(|digits| digits.parse::<u64>().ok());
        (stem.to_lowercase(), number)
    };
    split(a).cmp(&split(b)).then_with(|| a.cmp(b))
}
