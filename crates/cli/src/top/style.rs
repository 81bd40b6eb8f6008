//! Colours and emphasis.

use ratatui::style::{Color, Modifier, Style};
use rightlane_facts::WaitCause;

/// How things look. Without colour, emphasis is left; nothing is said by colour alone.
///
/// Only the sixteen colours that every terminal theme chooses for itself, and among them no pair
/// that has to be told apart as red and green: cyan and blue for CPU, yellow for what keeps a
/// thread from it, magenta for waiting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    color: bool,
}

impl Palette {
    pub(super) fn new(color: bool) -> Self {
        Self { color }
    }

    /// A word in a cause's colour.
    pub(super) fn cause(self, cause: Option<WaitCause>) -> Style {
        match cause.map(color) {
            Some(Color::DarkGray) | None => self.quiet(),
            Some(color) if self.color => Style::new().fg(color),
            Some(_) => Style::new(),
        }
    }

    /// A part of the bar.
    pub(super) fn segment(self, cause: WaitCause) -> Style {
        if !self.color {
            return Style::new();
        }
        let text = match color(cause) {
            Color::DarkGray | Color::Blue => Color::White,
            _ => Color::Black,
        };
        Style::new().fg(text).bg(color(cause))
    }

    /// Whether the parts of the bar have to be told apart by something else than their ground.
    pub(super) fn needs_borders(self) -> bool {
        !self.color
    }

    pub(super) fn plain(self) -> Style {
        Style::new()
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Something that the person has to notice.
    pub(super) fn notice(self) -> Style {
        let style = self.strong();
        if self.color {
            style.fg(Color::Yellow)
        } else {
            style.add_modifier(Modifier::UNDERLINED)
        }
    }

    /// The line of the columns' titles.
    pub(super) fn titles(self) -> Style {
        self.strong().add_modifier(Modifier::UNDERLINED)
    }

    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A key in the last line and in the help.
    pub(super) fn key(self) -> Style {
        if self.color {
            self.strong().fg(Color::Cyan)
        } else {
            self.strong()
        }
    }
}

fn color(cause: WaitCause) -> Color {
    match cause {
        WaitCause::PythonGil => Color::Cyan,
        WaitCause::NativeGil => Color::LightCyan,
        WaitCause::NativeReleased => Color::LightBlue,
        WaitCause::Kernel => Color::Blue,
        WaitCause::GilWait => Color::Yellow,
        WaitCause::CpuWait => Color::LightYellow,
        WaitCause::Socket | WaitCause::NameLookup | WaitCause::Pipe => Color::Magenta,
        WaitCause::FileRead | WaitCause::FileWrite | WaitCause::Child | WaitCause::Lock => {
            Color::LightMagenta
        }
        WaitCause::Sleep | WaitCause::LoopIdle | WaitCause::Unexplained => Color::DarkGray,
    }
}
