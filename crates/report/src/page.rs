//! A text under construction: wrapped lines, hanging indents, styles.

use crate::look::{Look, Role};
use std::borrow::Cow;
use textwrap::core::display_width;

/// Lines of text for one look.
///
/// Wrapping happens on plain text and styles are put on afterwards, line by line, so that a line
/// never ends inside an escape sequence. Control characters in what is written (names and paths
/// come from other people's programs) are replaced: they could drive the terminal.
#[derive(Debug)]
pub struct Page {
    out: String,
    look: Look,
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new(look: Look) -> Self {
        Self {
            out: String::new(),
            look,
        }
    }

    /// The page as text, each line ended.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    /// An empty line, unless the page is empty or ends in one.
    pub fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A heading with an empty line before it.
    pub fn heading(&mut self, text: &str) {
        self.blank();
        self.styled(0, 0, Role::Heading, text);
    }

    /// A wrapped paragraph; every line but the first hangs by `hang` more columns.
    pub fn paragraph(&mut self, indent: usize, hang: usize, text: &str) {
        self.styled(indent, hang, Role::Plain, text);
    }

    /// A label in a column of its own with a wrapped paragraph beside it; a label that does not
    /// fit stands on a line of its own.
    pub fn labelled(&mut self, indent: usize, column: usize, label: &str, text: &str) {
        self.labelled_as(indent, column, (label, Role::Quiet), (text, Role::Plain));
    }

    /// Lines exactly as they are (code): never wrapped, because a wrapped line is another program.
    pub fn verbatim(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let line = clean_keeping_tabs(line);
            self.push_line(indent, Role::Code, line.trim_end());
        }
    }

    pub(crate) fn look(&self) -> Look {
        self.look
    }

    pub(crate) fn styled(&mut self, indent: usize, hang: usize, role: Role, text: &str) {
        for (index, line) in self.wrap(indent, hang, text).into_iter().enumerate() {
            let indent = if index == 0 { indent } else { indent + hang };
            self.push_line(indent, role, &line);
        }
    }

    pub(crate) fn labelled_as(
        &mut self,
        indent: usize,
        column: usize,
        (label, label_role): (&str, Role),
        (text, role): (&str, Role),
    ) {
        let label = clean(label);
        let lines = self.wrap(indent + column, 0, text);
        if column > 0 && display_width(&label) >= column {
            self.push_line(indent, label_role, &label);
            return self.labelled_as(indent, column, ("", label_role), (text, role));
        }
        for (index, line) in lines.into_iter().enumerate() {
            let shown = if index == 0 { label.as_ref() } else { "" };
            let gap = column.saturating_sub(display_width(shown));
            self.out.push_str(&" ".repeat(indent));
            self.out.push_str(&self.look.paint(label_role, shown));
            self.out.push_str(&" ".repeat(gap));
            self.out.push_str(&self.look.paint(role, &line));
            self.out.push('\n');
        }
    }

    /// Pieces of one line, each in its style.
    pub(crate) fn pieces(&mut self, indent: usize, pieces: &[(String, Role)]) {
        self.out.push_str(&" ".repeat(indent));
        for (text, role) in pieces {
            self.out.push_str(&self.look.paint(*role, &clean(text)));
        }
        self.out.push('\n');
    }

    /// Pieces on the left, one piece flush right; on two lines where they do not fit on one.
    pub(crate) fn spread(
        &mut self,
        indent: usize,
        left: &[(String, Role)],
        right: &(String, Role),
    ) {
        let width = |pieces: &[(String, Role)]| -> usize {
            pieces.iter().map(|(text, _)| display_width(text)).sum()
        };
        let used = indent + width(left) + 2 + display_width(&right.0);
        self.out.push_str(&" ".repeat(indent));
        for (text, role) in left {
            self.out.push_str(&self.look.paint(*role, &clean(text)));
        }
        match self.look.width().checked_sub(used) {
            Some(gap) => self.out.push_str(&" ".repeat(gap + 2)),
            None => {
                self.out.push('\n');
                self.out.push_str(&" ".repeat(indent + 3));
            }
        }
        self.out
            .push_str(&self.look.paint(right.1, &clean(&right.0)));
        self.out.push('\n');
    }

    /// A line that is already laid out and styled.
    pub(crate) fn raw(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn wrap(&self, indent: usize, hang: usize, text: &str) -> Vec<String> {
        let text = clean(text);
        let room = self.look.width().saturating_sub(indent).max(20);
        let spaces = " ".repeat(hang.min(room / 2));
        let options = textwrap::Options::new(room).subsequent_indent(&spaces);
        textwrap::wrap(&text, options)
            .into_iter()
            .map(|line| line.trim_start().to_owned())
            .collect()
    }

    fn push_line(&mut self, indent: usize, role: Role, text: &str) {
        if !text.is_empty() {
            self.out.push_str(&" ".repeat(indent));
            self.out.push_str(&self.look.paint(role, text));
        }
        self.out.push('\n');
    }
}

/// `text` on one line without characters that a terminal would obey.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(obeyed) {
        return Cow::Borrowed(text);
    }
    let visible = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Cow::Owned(visible.replace(obeyed, "\u{fffd}"))
}

fn clean_keeping_tabs(line: &str) -> String {
    line.replace('\t', "    ").replace(obeyed, "\u{fffd}")
}

/// Control characters, and those that turn the direction of writing.
fn obeyed(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` shortened in the middle to at most `columns` columns.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    let text = clean(text);
    if display_width(&text) <= columns {
        return text.into_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut keep = characters.len().min(columns).saturating_sub(1);
    loop {
        let head = keep - keep / 2;
        let tail = characters.len() - keep / 2;
        let short: String = characters[..head]
            .iter()
            .chain(&['…'])
            .chain(&characters[tail..])
            .collect();
        if keep == 0 || display_width(&short) <= columns {
            return short;
        }
        keep -= 1;
    }
}
