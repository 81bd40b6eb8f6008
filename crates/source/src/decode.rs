//! From a file's bytes to text, by the rules of PEP 263: a byte order mark, else a coding
//! comment in one of the first two lines, else UTF-8.

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A file's bytes without the byte order mark.
pub(crate) fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BOM).unwrap_or(bytes)
}

/// A new text's bytes, with a byte order mark if the old file had one.
#[must_use]
pub fn marked_like(old: &[u8], text: &str) -> Vec<u8> {
    let mark = if old.starts_with(BOM) { BOM } else { &[] };
    [mark, text.as_bytes()].concat()
}

/// Decodes a Python file.
///
/// # Errors
/// A sentence saying why the bytes are not Python text: a NUL byte, bytes that the declared
/// encoding does not know, or an encoding that is not supported here.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, String> {
    if let Some(position) = bytes.iter().position(|&byte| byte == 0) {
        return Err(format!("it holds a NUL byte (at offset {position})"));
    }
    let (bytes, marked) = match bytes.strip_prefix(BOM) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    match declared_encoding(bytes) {
        Some(name) if !marked => decode_as(&name, bytes),
        _ => utf8(bytes),
    }
}

fn decode_as(name: &str, bytes: &[u8]) -> Result<String, String> {
    match normalised(name).as_str() {
        "utf-8" | "utf8" | "utf-8-sig" | "u8" | "cp65001" => utf8(bytes),
        "ascii" | "us-ascii" | "646" => match bytes.iter().position(|byte| !byte.is_ascii()) {
            None => utf8(bytes),
            Some(position) => Err(format!(
                "it says ascii, but holds another byte at offset {position}"
            )),
        },
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "8859" | "cp819" => {
            Ok(bytes.iter().map(|&byte| char::from(byte)).collect())
        }
        "iso-8859-15" | "iso8859-15" | "latin-9" | "latin9" => {
            Ok(bytes.iter().map(|&byte| latin9(byte)).collect())
        }
        "cp1252" | "windows-1252" | "1252" => bytes.iter().map(|&byte| cp1252(byte)).collect(),
        // Text which happens to be pure ASCII is the same in all the other encodings that
        // Python accepts for source files.
        _ if bytes.is_ascii() => utf8(bytes),
        other => decode_by_label(other, bytes),
    }
}

/// Other encodings by the names of the WHATWG encoding standard, which Python's are among. One that
/// Python alone knows is an error, and so is a byte that the encoding does not.
fn decode_by_label(name: &str, bytes: &[u8]) -> Result<String, String> {
    let encoding = encoding_rs::Encoding::for_label(name.as_bytes());
    let Some(encoding) = encoding else {
        return Err(format!(
            "its encoding {name} is not supported here (UTF-8 is)"
        ));
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(std::borrow::Cow::into_owned)
        .ok_or_else(|| format!("not valid {name}"))
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "not valid UTF-8 (at offset {})",
            error.valid_up_to()
        )),
    }
}

/// Lower case, with `_` as `-`, as Python's tokenizer compares encoding names.
fn normalised(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// The encoding named in a comment of the first two lines: `coding[:=]\s*([-\w.]+)`.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|&byte| byte == b'\n').take(2) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let start = line
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
        match start.map(|start| &line[start..]) {
            None => {}
            Some(comment) if comment.first() == Some(&b'#') => {
                if let Some(name) = coding_in(comment) {
                    return Some(name);
                }
            }
            // A line of code ends the search.
            Some(_) => return None,
        }
    }
    None
}

fn coding_in(comment: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(comment);
    let mut rest = &*text;
    while let Some(at) = rest.find("coding") {
        rest = &rest[at + "coding".len()..];
        let Some(after) = rest.strip_prefix([':', '=']) else {
            continue;
        };
        let name: String = after
            .trim_start_matches([' ', '\t'])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        if !name.is_empty() {
            return Some(name);
        }
    }
    None
}

fn latin9(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        other => char::from(other),
    }
}

fn cp1252(byte: u8) -> Result<char, String> {
    const HIGH: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0',
        '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    let decoded = match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        other => char::from(other),
    };
    if decoded == '\0' {
        return Err(format!("it says cp1252, which has no byte {byte:#04x}"));
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn latin1_comment_in_the_second_line_is_honoured() {
        let text = decode(b"#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = '\xe9'\n").unwrap();
        assert!(text.ends_with("x = 'é'\n"));
    }

    #[test]
    fn a_coding_comment_after_code_does_not_count() {
        assert!(decode(b"x = 1\n# coding: latin-1\ny = '\xe9'\n").is_err());
    }

    #[test]
    fn a_byte_order_mark_is_dropped_and_means_utf8() {
        assert_eq!(decode(b"\xef\xbb\xbfx = 1\n").unwrap(), "x = 1\n");
    }

    #[test]
    fn nul_bytes_and_stray_bytes_are_refused() {
        assert!(
            decode(b"\x7fELF\x02\x01\x01\x00")
                .unwrap_err()
                .contains("NUL")
        );
        assert!(decode(b"x = '\xff'").unwrap_err().contains("UTF-8"));
        assert!(decode(b"# coding: ascii\nx = '\xc3\xa9'").is_err());
    }
}
