//! What the terminal can do, as the caller says.

use anstyle::{AnsiColor, Style};

/// Narrowest width that is laid out; below it lines wrap in the terminal.
const NARROWEST: usize = 60;
/// Widest line: longer ones are hard to read.
const WIDEST: usize = 110;

/// How a text is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    width: usize,
    color: bool,
}

impl Look {
    /// A look for a terminal that is `columns` wide.
    #[must_use]
    pub fn new(columns: usize, color: bool) -> Self {
        Self {
            width: columns.clamp(NARROWEST, WIDEST),
            color,
        }
    }

    /// Columns to fill.
    #[must_use]
    pub fn width(self) -> usize {
        self.width
    }

    /// Whether there is colour.
    #[must_use]
    pub fn is_colored(self) -> bool {
        self.color
    }

    /// `text` in `role`'s style, or as it is where there is no colour.
    pub(crate) fn paint(self, role: Role, text: &str) -> String {
        if !self.color || role == Role::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = role.style();
        format!("{style}{text}{style:#}")
    }
}

/// What a piece of text is, from which its style follows. Only the sixteen colours that every
/// terminal theme chooses for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    Strong,
    Heading,
    Quiet,
    Good,
    Bad,
    Doubtful,
    Code,
    Cpu,
    Native,
    Waiting,
}

impl Role {
    fn style(self) -> Style {
        let colored = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Role::Plain => Style::new(),
            Role::Strong => Style::new().bold(),
            Role::Heading => Style::new().bold().underline(),
            Role::Quiet => Style::new().dimmed(),
            Role::Good => colored(AnsiColor::Green).bold(),
            Role::Bad => colored(AnsiColor::Red),
            Role::Doubtful => colored(AnsiColor::Yellow),
            Role::Code | Role::Cpu => colored(AnsiColor::Cyan),
            Role::Native => colored(AnsiColor::Blue),
            Role::Waiting => colored(AnsiColor::Magenta),
        }
    }
}
