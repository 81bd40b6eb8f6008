//! Differences as people read them.

use similar::TextDiff;

/// A unified diff of a file's text, coloured as git does where asked for; empty if nothing differs.
pub(crate) fn unified(file: &str, before: &str, after: &str, colored: bool) -> String {
    let difference = TextDiff::from_lines(before, after);
    let mut unified = difference.unified_diff();
    let text = unified.header(file, file).to_string();
    if colored { painted(&text) } else { text }
}

fn painted(diff: &str) -> String {
    let paint = |line: &str| {
        let colour = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => "1",
            Some(b'+') => "32",
            Some(b'-') => "31",
            Some(b'@') => "36",
            _ => return line.to_owned(),
        };
        let (text, end) = line
            .strip_suffix('\n')
            .map_or((line, ""), |text| (text, "\n"));
        format!("\x1b[{colour}m{text}\x1b[0m{end}")
    };
    diff.split_inclusive('\n').map(paint).collect()
}
