//! What the screen shows: the newest view, and what the person made of it.

use super::rows::{self, Key, Row};
use super::sort::{Column, Sort};
use rightlane_facts::{Ledger, LiveProcess, LiveThread, LiveView, Outcome, WaitCause};
use std::time::Duration;

/// What keys do at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// They work on the table.
    Table,
    /// They are the filter's text.
    Filter,
    /// Any of them closes the help.
    Help,
}

/// Which rows are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// Only those that mention it.
    pub(super) text: String,
    /// Only those with this cause.
    pub(super) cause: Option<WaitCause>,
    /// Not those that are idle.
    pub(super) no_idle: bool,
}

impl Filter {
    pub(super) fn is_on(&self) -> bool {
        *self != Self::default()
    }

    fn lets_pass(&self, row: &Row, text: &str) -> bool {
        row.mentions(text)
            && self.cause.is_none_or(|cause| row.cause == Some(cause))
            && !(self.no_idle && row.is_idle())
    }
}

/// Whether the program still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Runs,
    /// It ended, in this way if that is known.
    Ended(Option<Outcome>),
}

/// The state of the screen.
#[derive(Debug)]
pub(super) struct Top {
    /// The program as the person named it.
    pub(super) program: String,
    pub(super) view: LiveView,
    pub(super) life: Life,
    pub(super) paused: bool,
    pub(super) refresh: Duration,
    pub(super) sort: Sort,
    pub(super) filter: Filter,
    pub(super) grouped: bool,
    pub(super) mode: Mode,
    /// Whether the selected thread's details are shown.
    pub(super) detail: bool,
    /// Lines of the details above the first one shown.
    pub(super) detail_scroll: usize,
    /// The rows that pass the filter, sorted.
    pub(super) rows: Vec<Row>,
    /// The selected row.
    pub(super) cursor: usize,
    /// The selected thread, once one was chosen: the cursor follows it. Until then the cursor
    /// stays on the first row, whichever thread that is.
    follows: Option<Key>,
    /// Rows above the first one shown.
    pub(super) scroll: usize,
    /// Rows that the table showed last.
    pub(super) page: usize,
}

/// Times between two pictures to choose from, in milliseconds.
const REFRESHES: [u64; 9] = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

impl Top {
    pub(super) fn new(program: String, refresh: Duration) -> Self {
        Self {
            program,
            view: LiveView::default(),
            life: Life::Runs,
            paused: false,
            refresh,
            sort: Sort {
                column: Column::Cpu,
                reversed: false,
            },
            filter: Filter::default(),
            grouped: false,
            mode: Mode::Table,
            detail: false,
            detail_scroll: 0,
            rows: Vec::new(),
            cursor: 0,
            follows: None,
            scroll: 0,
            page: 1,
        }
    }

    /// Takes the newest view, or that there is none any more. A picture that is held still keeps
    /// its view.
    pub(super) fn see(&mut self, view: Option<LiveView>, outcome: Option<Outcome>) {
        match view {
            Some(_) if self.paused => {}
            Some(view) => {
                self.view = view;
                self.arrange();
            }
            None => self.life = Life::Ended(outcome),
        }
    }

    /// Makes the rows anew, after anything that they depend on changed.
    pub(super) fn arrange(&mut self) {
        let text = self.filter.text.to_lowercase();
        let mut rows = rows::rows(&self.view);
        rows.retain(|row| self.filter.lets_pass(row, &text));
        if self.grouped {
            rows.sort_by(|a, b| a.members.cmp(&b.members));
            rows = rows::grouped(rows);
        }
        self.sort.apply(&mut rows);
        self.rows = rows;
        self.find_cursor();
    }

    fn find_cursor(&mut self) {
        let followed = self
            .follows
            .and_then(|key| self.rows.iter().position(|row| row.members.contains(&key)));
        match followed {
            Some(row) => self.cursor = row,
            None if self.follows.is_none() => self.cursor = 0,
            // It ended or is filtered out: what moved up into its place is the next one.
            None => self.cursor = self.cursor.min(self.rows.len().saturating_sub(1)),
        }
    }

    /// Moves the cursor by `rows`, at most to either end.
    pub(super) fn step(&mut self, rows: isize) {
        self.select(self.cursor.saturating_add_signed(rows));
    }

    /// Selects the row `row`, or the last one, and follows its thread.
    pub(super) fn select(&mut self, row: usize) {
        let row = row.min(self.rows.len().saturating_sub(1));
        if row != self.cursor {
            self.detail_scroll = 0;
        }
        self.cursor = row;
        self.follows = self.selected().and_then(Row::key);
    }

    /// Selects the first row, whichever thread it is from now on.
    pub(super) fn select_first(&mut self) {
        self.select(0);
        self.follows = None;
    }

    pub(super) fn selected(&self) -> Option<&Row> {
        self.rows.get(self.cursor)
    }

    /// Shows or hides the selected thread's details.
    pub(super) fn toggle_detail(&mut self) {
        self.detail = !self.detail && self.selected().is_some();
        self.detail_scroll = 0;
        // Details of one thread must not become another's.
        self.select(self.cursor);
    }

    /// The selected thread and its process.
    pub(super) fn selected_thread(&self) -> Option<(&LiveProcess, Option<&LiveThread>)> {
        let key = self.selected()?.key()?;
        let process = self
            .view
            .processes
            .iter()
            .find(|process| process.pid == key.pid)?;
        let thread = process.threads.iter().find(|thread| thread.tid == key.tid);
        Some((process, thread))
    }

    /// Columns that say anything about this program.
    pub(super) fn columns(&self) -> Vec<Column> {
        let several = self.alive().count() > 1;
        let gil = self.has_gil();
        let says_something = |column: &Column| match column {
            Column::Pid => several,
            Column::Gil => gil,
            _ => true,
        };
        Column::ALL.into_iter().filter(says_something).collect()
    }

    /// Whether any process uses a GIL; so does one of which nothing is known yet.
    pub(super) fn has_gil(&self) -> bool {
        let mut pythons = self.alive().filter_map(|process| process.python).peekable();
        pythons.peek().is_none() || pythons.any(|python| python.gil)
    }

    /// The processes that have not ended.
    pub(super) fn alive(&self) -> impl Iterator<Item = &LiveProcess> {
        self.view.processes.iter().filter(|process| !process.ended)
    }

    /// Where the time of the threads shown went.
    pub(super) fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::default();
        for row in &self.rows {
            ledger.merge(&row.ledger);
        }
        ledger
    }

    /// Sorts by `column`; again, against its order.
    pub(super) fn sort_by(&mut self, column: Column) {
        let again = self.sort.column == column;
        self.sort = Sort {
            column,
            reversed: again && !self.sort.reversed,
        };
        self.arrange();
    }

    /// Sorts by the next column to the right, or to the left.
    pub(super) fn sort_next(&mut self, right: bool) {
        let columns = self.columns();
        let count = columns.len();
        let now = columns
            .iter()
            .position(|column| *column == self.sort.column);
        let next = match (now, right) {
            (None, _) => 0,
            (Some(now), true) => (now + 1) % count,
            (Some(now), false) => (now + count - 1) % count,
        };
        if let Some(column) = columns.get(next) {
            self.sort = Sort {
                column: *column,
                reversed: false,
            };
        }
        self.arrange();
    }

    /// Shows only the next one of the causes that there are now; after the last one, all.
    pub(super) fn next_cause(&mut self) {
        let rows = rows::rows(&self.view);
        let there = |cause: &WaitCause| rows.iter().any(|row| row.cause == Some(*cause));
        self.filter.cause = WaitCause::ALL
            .into_iter()
            .filter(|cause| self.filter.cause.is_none_or(|now| *cause > now))
            .find(there);
        self.arrange();
    }

    /// A longer time between two pictures, or a shorter one.
    pub(super) fn change_refresh(&mut self, longer: bool) {
        let now = self.refresh;
        let mut steps = REFRESHES.map(Duration::from_millis).into_iter();
        let next = if longer {
            steps.find(|step| *step > now)
        } else {
            steps.rfind(|step| *step < now)
        };
        self.refresh = next.unwrap_or(now);
    }
}
