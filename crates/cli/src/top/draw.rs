//! The picture: header, table, details, last line, help.

use super::columns::Layout;
use super::keys::HELP;
use super::rows::Row;
use super::sort::Column;
use super::state::{Life, Mode, Top};
use super::style::Palette;
use super::text::{fit, width};
use super::{detail, header};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Widget};

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, top: &mut Top, look: Palette) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    if area.height < 3 || area.width < 10 {
        return put(buffer, area, 0, &Line::from("too small"));
    }
    let columns = usize::from(area.width);
    // A third for the header, and at least half of the rest for threads.
    let lines = header::lines(top, columns, usize::from(area.height / 3), look);
    for (index, line) in lines.iter().enumerate() {
        put(buffer, area, index, line);
    }
    put(
        buffer,
        area,
        usize::from(area.height) - 1,
        &last_line(top, columns, look),
    );
    let used = u16::try_from(lines.len()).unwrap_or(area.height);
    let middle = Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used + 1),
        ..area
    };
    let (table_area, detail_area) = split(middle, top);
    table(buffer, table_area, top, look);
    if let Some(detail_area) = detail_area {
        details(buffer, detail_area, top, look);
    }
    if top.mode == Mode::Help {
        help(buffer, area, look);
    }
}

/// The line `index` of `area`.
fn put(buffer: &mut Buffer, area: Rect, index: usize, line: &Line<'_>) {
    let y = u16::try_from(index).map_or(u16::MAX, |index| area.y.saturating_add(index));
    if y < area.bottom() {
        buffer.set_line(area.x, y, line, area.width);
    }
}

/// Room for the table and for the details: on a small screen, the table keeps the one row that the
/// details are of.
fn split(area: Rect, top: &Top) -> (Rect, Option<Rect>) {
    if !top.detail || area.height < 6 {
        return (area, None);
    }
    let rows = u16::try_from(top.rows.len() + 1).unwrap_or(u16::MAX);
    let table = (area.height * 2 / 5).min(rows).max(2);
    let upper = Rect {
        height: table,
        ..area
    };
    let lower = Rect {
        y: area.y + table,
        height: area.height - table,
        ..area
    };
    (upper, Some(lower))
}

fn table(buffer: &mut Buffer, area: Rect, top: &mut Top, look: Palette) {
    let layout = Layout::new(top.columns(), usize::from(area.width));
    let titles = fit(&layout.titles(top.sort), usize::from(area.width));
    put(buffer, area, 0, &Line::styled(titles, look.titles()));
    let shown = usize::from(area.height).saturating_sub(1);
    scroll(top, shown);
    let rows = top.rows.iter().enumerate().skip(top.scroll).take(shown);
    for (line, (index, row)) in rows.enumerate() {
        let line_area = Rect {
            y: area.y + 1 + u16::try_from(line).unwrap_or(0),
            height: 1,
            ..area
        };
        put(buffer, line_area, 0, &cells(&layout, row, look));
        if index == top.cursor {
            buffer.set_style(line_area, look.selected());
        }
    }
    if top.rows.is_empty() {
        let why = if top.filter.is_on() {
            "No thread passes the filter (Esc drops it)."
        } else if top.life == Life::Runs {
            "No thread seen yet."
        } else {
            "No thread is left."
        };
        put(buffer, area, 1, &Line::styled(why, look.quiet()));
    }
}

/// Moves the rows so that the cursor is among those shown and no room stays empty.
fn scroll(top: &mut Top, shown: usize) {
    top.page = shown;
    let last_start = top.rows.len().saturating_sub(shown);
    let lowest = (top.cursor + 1).saturating_sub(shown);
    top.scroll = top
        .scroll
        .clamp(lowest, top.cursor.max(lowest))
        .min(last_start);
}

fn cells(layout: &Layout, row: &Row, look: Palette) -> Line<'static> {
    let mut line = Line::default();
    for (index, (column, text)) in layout.cells(row).into_iter().enumerate() {
        if index > 0 {
            line.push_span(" ");
        }
        let style = match column {
            Column::State => look.cause(row.cause),
            Column::Pid | Column::Tid => look.quiet(),
            _ => look.plain(),
        };
        line.push_span(Span::styled(text, style));
    }
    line
}

fn details(buffer: &mut Buffer, area: Rect, top: &mut Top, look: Palette) {
    let columns = usize::from(area.width);
    let lines = detail::lines(top, columns, look);
    let shown = usize::from(area.height) - 1;
    let most = lines.len().saturating_sub(shown);
    top.detail_scroll = top.detail_scroll.min(most);
    let below = most - top.detail_scroll;
    let more = if below > 0 {
        format!("── {below} more lines (PgDn) ")
    } else {
        "── details ".to_owned()
    };
    let rule = more.clone() + &"─".repeat(columns.saturating_sub(width(&more)));
    put(buffer, area, 0, &Line::styled(rule, look.quiet()));
    let lines = lines.iter().skip(top.detail_scroll).take(shown);
    for (index, line) in lines.enumerate() {
        put(buffer, area, index + 1, line);
    }
}

/// The last line: the filter that is typed, else the filters in force and the keys.
fn last_line(top: &Top, columns: usize, look: Palette) -> Line<'static> {
    if top.mode == Mode::Filter {
        return Line::from(vec![
            Span::styled("/", look.key()),
            Span::raw(top.filter.text.clone()),
            Span::styled(" ", look.selected()),
            Span::styled("  Enter keeps it, Esc drops it", look.quiet()),
        ]);
    }
    let mut line = Line::default();
    for text in in_force(top) {
        line.push_span(Span::styled(text, look.notice()));
        line.push_span("  ");
    }
    let keys = [
        ("q", "quit"),
        ("?", "help"),
        ("Enter", "details"),
        ("/", "filter"),
        ("<>", "sort"),
        ("i", "idle"),
        ("g", "group"),
        ("c", "state"),
        ("p", "pause"),
    ];
    for (key, what) in keys {
        if line.width() + key.len() + what.len() + 1 > columns {
            break;
        }
        line.push_span(Span::styled(key, look.key()));
        line.push_span(format!(" {what}  "));
    }
    let refresh = format!("every {}", humantime::format_duration(top.refresh));
    let space = columns.saturating_sub(line.width() + refresh.len());
    if space > 0 {
        line.push_span(" ".repeat(space));
        line.push_span(Span::styled(refresh, look.quiet()));
    }
    line
}

/// What makes the table other than it is by itself.
fn in_force(top: &Top) -> Vec<String> {
    let filter = &top.filter;
    let mut texts = Vec::new();
    if !filter.text.is_empty() {
        texts.push(format!("/{}", filter.text));
    }
    if let Some(cause) = filter.cause {
        texts.push(format!("only {}", super::words::state(cause)));
    }
    if filter.no_idle {
        texts.push("no idle".to_owned());
    }
    if top.grouped {
        texts.push("grouped".to_owned());
    }
    texts
}

/// The keys, over everything else.
fn help(buffer: &mut Buffer, area: Rect, look: Palette) {
    let lines: Vec<Line<'_>> = HELP
        .iter()
        .map(|(key, what)| {
            Line::from(vec![
                Span::styled(format!(" {} ", fit(key, 9)), look.key()),
                Span::raw(*what),
            ])
        })
        .collect();
    let widest = lines.iter().map(Line::width).max().unwrap_or(0) + 3;
    let width = u16::try_from(widest).unwrap_or(area.width).min(area.width);
    let height = u16::try_from(lines.len() + 2)
        .unwrap_or(area.height)
        .min(area.height);
    let inside = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(inside, buffer);
    let block = Block::bordered().title(" Keys (any key closes) ");
    Paragraph::new(lines).block(block).render(inside, buffer);
}
