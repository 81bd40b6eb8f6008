//! From an instruction's index to its line and expression: CPython's line tables.

use rightlane_facts::Span;

/// Where an instruction stands in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// Line from 1; 0 if the instruction has none.
    pub(crate) line: u32,
    /// The expression (from 3.11), where the table has its columns.
    pub(crate) span: Option<Span>,
}

/// Lines believed; a table that leads beyond is damaged.
const LAST_LINE: i64 = 1 << 30;

/// Looks up instruction number `index` (in code units of two bytes; negative means "not started").
/// A damaged table yields line 0 or a wrong line, never an error.
pub(crate) fn find(minor: u8, table: &[u8], first_line: i32, index: i32) -> Position {
    let target = i64::from(index.max(0));
    if minor == 10 {
        Position {
            line: find_line(table, i64::from(first_line), target),
            span: None,
        }
    } else {
        find_span(table, i64::from(first_line), target)
    }
}

/// 3.10 (PEP 626): pairs of bytes, how many bytes of code and how many lines further (-128: none).
fn find_line(table: &[u8], first_line: i64, target: i64) -> u32 {
    let (mut line, mut end) = (first_line, 0_i64);
    for pair in table.chunks_exact(2) {
        end += i64::from(pair[0]);
        let step = pair[1].cast_signed();
        if step == i8::MIN {
            if target * 2 < end {
                return 0;
            }
            continue;
        }
        line += i64::from(step);
        if target * 2 < end {
            return bounded(line);
        }
    }
    bounded(line)
}

fn bounded(line: i64) -> u32 {
    if (0..LAST_LINE).contains(&line) {
        u32::try_from(line).unwrap_or(0)
    } else {
        0
    }
}

/// A table's bytes, taken one after the other.
struct Bytes<'a> {
    rest: std::slice::Iter<'a, u8>,
}

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        self.rest.next().copied()
    }

    /// Six bits per byte, low ones first, bit 6 says that more follow; at most 5 bytes.
    fn number(&mut self) -> Option<i64> {
        let mut value = 0_i64;
        for shift in (0..30).step_by(6) {
            let byte = self.next()?;
            value |= i64::from(byte & 63) << shift;
            if byte & 64 == 0 {
                return Some(value);
            }
        }
        Some(value)
    }

    /// As `number`, the lowest bit being the sign.
    fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some(if value & 1 == 1 {
            -(value >> 1)
        } else {
            value >> 1
        })
    }
}

/// One entry of a 3.11 table.
struct Entry {
    /// Instructions covered.
    length: i64,
    /// Lines further than the entry before.
    step: i64,
    /// Whether it has a line at all.
    lined: bool,
    /// End line after the line, first column, column after the last.
    columns: Option<(i64, i64, i64)>,
}

/// 3.11 and later: entries with a start byte (bit 7), kind (4 bits) and length (3 bits).
fn entry(bytes: &mut Bytes<'_>) -> Option<Entry> {
    let head = bytes.next()?;
    let mut entry = Entry {
        length: i64::from(head & 7) + 1,
        step: 0,
        lined: true,
        columns: None,
    };
    match head >> 3 & 15 {
        15 => entry.lined = false,
        14 => {
            entry.step = bytes.signed()?;
            let lines = bytes.number()?;
            // Columns are stored plus one; 0 says that there is none.
            let (start, end) = (bytes.number()? - 1, bytes.number()? - 1);
            entry.columns = (start >= 0 && end >= 0).then_some((lines, start, end));
        }
        13 => entry.step = bytes.signed()?,
        kind @ 10..=12 => {
            entry.step = i64::from(kind) - 10;
            let (start, end) = (bytes.next()?, bytes.next()?);
            entry.columns = Some((0, i64::from(start), i64::from(end)));
        }
        kind => {
            let second = bytes.next()?;
            let start = i64::from(kind) << 3 | i64::from(second >> 4 & 7);
            entry.columns = Some((0, start, start + i64::from(second & 15)));
        }
    }
    Some(entry)
}

fn find_span(table: &[u8], first_line: i64, target: i64) -> Position {
    let mut bytes = Bytes { rest: table.iter() };
    let (mut line, mut end) = (first_line, 0);
    while let Some(entry) = entry(&mut bytes) {
        line += entry.step;
        end += entry.length;
        if target >= end {
            continue;
        }
        if !entry.lined {
            return Position::default();
        }
        let span = entry.columns.and_then(|(lines, column, end_column)| {
            let start = bounded(line);
            let stop = bounded(line + lines);
            (start > 0 && stop > 0).then_some(Span {
                line: start,
                column: u32::try_from(column).ok()?,
                end_line: stop,
                end_column: u32::try_from(end_column).ok()?,
            })
        });
        return Position {
            line: bounded(line),
            span,
        };
    }
    Position {
        line: bounded(line),
        span: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(line: u32, column: u32, end_line: u32, end_column: u32) -> Option<Span> {
        Some(Span {
            line,
            column,
            end_line,
            end_column,
        })
    }

    #[test]
    fn a_table_of_every_entry_kind_leads_to_lines_and_columns() {
        // Short form: column 4 to 9 on the first line, two instructions.
        let mut table = vec![0x80 | 1, 4 << 4 | 5];
        // One line on, columns as bytes: 200 to 210, one instruction.
        table.extend([0x80 | 11 << 3, 200, 210]);
        // No columns, three lines back, one instruction.
        table.extend([0x80 | 13 << 3, 3 << 1 | 1]);
        // Long form: four lines on, ends two lines later, columns 1 to 100, one instruction.
        table.extend([0x80 | 14 << 3, 4 << 1, 2, 2, 64 | 37, 1]);
        // No line, one instruction.
        table.push(0x80 | 15 << 3);
        let at = |index| find(11, &table, 10, index);
        assert_eq!(at(-1), at(0));
        assert_eq!(
            at(1),
            Position {
                line: 10,
                span: span(10, 4, 10, 9)
            }
        );
        assert_eq!(
            at(2),
            Position {
                line: 11,
                span: span(11, 200, 11, 210)
            }
        );
        assert_eq!(
            at(3),
            Position {
                line: 8,
                span: None
            }
        );
        assert_eq!(
            at(4),
            Position {
                line: 12,
                span: span(12, 1, 14, 100)
            }
        );
        assert_eq!(at(5), Position::default());
    }

    #[test]
    fn the_older_table_has_lines_only() {
        // Four bytes of code on the first line, two without a line, two three lines further.
        let table = [4, 0, 2, 0x80, 2, 3];
        let at = |index| find(10, &table, 7, index).line;
        assert_eq!([at(-1), at(1), at(2), at(3)], [7, 7, 0, 10]);
    }

    #[test]
    fn damaged_tables_give_an_answer_for_every_index() {
        let mut state = 0x2545_f491_u32;
        for _ in 0..2000 {
            let table: Vec<u8> = (0..40)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            for minor in [10, 11, 15] {
                for index in [i32::MIN, -1, 0, 7, 1000, i32::MAX] {
                    find(minor, &table, i32::MAX, index);
                }
            }
        }
    }
}
