//! Text of a known width. What comes from the observed program goes through [`clean`] first.

use ratatui::text::Span;

/// `text` without anything that moves the cursor, turns the direction of writing or has no width:
/// control characters become spaces, formatting characters go.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .filter(|letter| !is_invisible(*letter))
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// Unicode's formatting characters and variation selectors: with them gone, the width of a text
/// is the sum of its characters' widths.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Columns that `text` takes.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// `text` in exactly `columns`: padded, or cut with an ellipsis.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let mut fitted = cut(text, columns);
    pad(&mut fitted, columns);
    fitted
}

/// The same, at the right edge.
pub(super) fn fit_right(text: &str, columns: usize) -> String {
    let cut = cut(text, columns);
    let mut fitted = String::new();
    pad(&mut fitted, columns.saturating_sub(width(&cut)));
    fitted + &cut
}

/// `text` in at most `columns`.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for letter in text.chars() {
        used += width(letter.encode_utf8(&mut [0; 4]));
        if used >= columns {
            break;
        }
        kept.push(letter);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// A name in at most `columns`. The number at its end stays: it tells the workers of a pool apart.
pub(super) fn cut_name(name: &str, columns: usize) -> String {
    let stem = name.trim_end_matches(|last: char| !last.is_alphabetic());
    let number = name.get(stem.len()..).unwrap_or_default();
    let room = columns.saturating_sub(width(number));
    if width(name) <= columns || number.is_empty() || room < columns / 2 {
        return cut(name, columns);
    }
    cut(stem, room) + number
}

fn pad(text: &mut String, columns: usize) {
    let missing = columns.saturating_sub(width(text));
    text.extend(std::iter::repeat_n(' ', missing));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_move_the_cursor_is_gone() {
        assert_eq!(clean("a\x1b[2Jb\r\nc\u{202e}d\u{9b}"), "a [2Jb  cd ");
    }

    #[test]
    fn wide_characters_are_cut_where_their_columns_end() {
        assert_eq!(fit("処理スレッド", 7), "処理ス…");
        assert_eq!(fit("処理スレッド", 6), "処理… ");
        assert_eq!(width(&fit("処理スレッド", 6)), 6);
        assert_eq!(fit_right("ab", 4), "  ab");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit("abc", 1), "…");
    }

    #[test]
    fn the_number_at_the_end_of_a_name_stays() {
        assert_eq!(cut_name("ThreadPoolExecutor-0_17", 14), "ThreadPo…-0_17");
        assert_eq!(cut_name("worker-1", 14), "worker-1");
        assert_eq!(cut_name("w-1234567890123", 10), "w-1234567…");
        assert_eq!(cut_name("処理スレッド-3", 8), "処理…-3");
    }
}
