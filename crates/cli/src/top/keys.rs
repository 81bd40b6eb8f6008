//! What keys do. They are those of top, htop and py-spy where these agree.

use super::sort::Column;
use super::state::{Filter, Mode, Top};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What is to happen outside of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Stay,
    Quit,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L: draw everything anew.
    Redraw,
}

/// Keys and what they do, for the help.
pub(super) const HELP: [(&str, &str); 15] = [
    ("↑ ↓ j k", "select a thread; the selection follows it"),
    ("PgUp PgDn", "a page (of the details, while they are open)"),
    ("Home End", "first and last; the first row is not followed"),
    (
        "Enter",
        "details: stack, where the time went, what it waits for",
    ),
    ("P G W N", "sort by CPU, GIL, time in this state, name"),
    ("< > s", "sort by the column to the left, to the right"),
    ("r", "reverse the order"),
    (
        "/",
        "show what mentions a text; so do functions on the stack",
    ),
    ("c", "show one state, the next one, … all"),
    ("i", "hide what used no CPU and waits for no CPU or GIL"),
    ("g", "one row for all threads that do the same at one place"),
    ("p Space", "pause the picture, not the program"),
    ("+ -", "refresh less often, more often"),
    ("Esc", "close, drop the filters, quit"),
    ("q Ctrl-C", "quit"),
];

/// Takes a key.
pub(super) fn press(top: &mut Top, key: KeyEvent) -> Act {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return control(top, key.code);
    }
    match top.mode {
        Mode::Help => {
            top.mode = Mode::Table;
            if key.code == KeyCode::Char('q') {
                return Act::Quit;
            }
        }
        Mode::Filter => type_filter(top, key.code),
        Mode::Table => return on_table(top, key.code),
    }
    Act::Stay
}

fn control(top: &mut Top, code: KeyCode) -> Act {
    match code {
        KeyCode::Char('c') => return Act::Quit,
        KeyCode::Char('z') => return Act::Suspend,
        KeyCode::Char('l') => return Act::Redraw,
        KeyCode::Char('u') if top.mode == Mode::Filter => {
            top.filter.text.clear();
            top.arrange();
        }
        _ => {}
    }
    Act::Stay
}

fn type_filter(top: &mut Top, code: KeyCode) {
    match code {
        KeyCode::Enter => top.mode = Mode::Table,
        KeyCode::Esc => {
            top.filter.text.clear();
            top.mode = Mode::Table;
        }
        // On nothing, it leaves: as in vi and less.
        KeyCode::Backspace if top.filter.text.is_empty() => top.mode = Mode::Table,
        KeyCode::Backspace => drop(top.filter.text.pop()),
        KeyCode::Char(letter) => top.filter.text.push(letter),
        KeyCode::Up => top.step(-1),
        KeyCode::Down => top.step(1),
        _ => {}
    }
    top.arrange();
}

fn on_table(top: &mut Top, code: KeyCode) -> Act {
    match code {
        KeyCode::Char('q') => return Act::Quit,
        KeyCode::Esc => return escape(top),
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => top.mode = Mode::Help,
        KeyCode::Char('/') => top.mode = Mode::Filter,
        KeyCode::Char('p' | ' ') => top.paused = !top.paused,
        KeyCode::Char('+' | '=') => top.change_refresh(true),
        KeyCode::Char('-') => top.change_refresh(false),
        KeyCode::Enter => top.toggle_detail(),
        KeyCode::Char(letter) if arrangement(top, letter) => {}
        _ => movement(top, code),
    }
    Act::Stay
}

/// Closes the innermost thing that is open, else quits.
fn escape(top: &mut Top) -> Act {
    if top.detail {
        top.toggle_detail();
    } else if top.filter.is_on() {
        top.filter = Filter::default();
        top.arrange();
    } else {
        return Act::Quit;
    }
    Act::Stay
}

/// Keys that change which rows there are and in which order; whether `letter` is one.
fn arrangement(top: &mut Top, letter: char) -> bool {
    match letter {
        'P' => top.sort_by(Column::Cpu),
        'G' => top.sort_by(Column::Gil),
        'W' => top.sort_by(Column::For),
        'N' => top.sort_by(Column::Name),
        's' | '>' => top.sort_next(true),
        '<' => top.sort_next(false),
        'r' => top.sort.reversed = !top.sort.reversed,
        'c' => top.next_cause(),
        'i' => top.filter.no_idle = !top.filter.no_idle,
        'g' => top.grouped = !top.grouped,
        _ => return false,
    }
    top.arrange();
    true
}

fn movement(top: &mut Top, code: KeyCode) {
    let page = isize::try_from(top.page.max(1)).unwrap_or(1);
    match code {
        KeyCode::Up | KeyCode::Char('k') => top.step(-1),
        KeyCode::Down | KeyCode::Char('j') => top.step(1),
        KeyCode::PageUp if top.detail => {
            top.detail_scroll = top.detail_scroll.saturating_sub(5);
        }
        KeyCode::PageDown if top.detail => top.detail_scroll += 5,
        KeyCode::PageUp => top.step(-page),
        KeyCode::PageDown => top.step(page),
        KeyCode::Home => top.select_first(),
        KeyCode::End => top.select(usize::MAX),
        _ => {}
    }
}
