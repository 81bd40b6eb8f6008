//! Python text in the target's memory.

use crate::reader::layout::ObjectLayout;
use crate::reader::memory::{Memory, at, half, word};
use crate::reader::{Fault, Read};
use std::sync::Arc;

/// Longest text believed, in characters: Linux paths end at 4096.
const LONGEST: u64 = 4096;

/// Reads the `str` at `address`. Lone surrogates and other stray code points become U+FFFD.
pub(crate) fn read(memory: &impl Memory, layout: &ObjectLayout, address: u64) -> Read<Arc<str>> {
    let head = memory.block(address, layout.text_state.max(layout.text_length) + 8)?;
    let length = word(&head, layout.text_length)?;
    if length > LONGEST {
        return Err(Fault::Torn);
    }
    let state = half(&head, layout.text_state)?;
    let ascii = state >> layout.text_ascii_bit & 1 == 1;
    let width = match state >> layout.text_kind_bit & 7 {
        kind @ (1 | 2 | 4) => kind as usize,
        _ => return Err(Fault::Torn),
    };
    let content = at(
        address,
        if ascii {
            layout.text_ascii
        } else {
            layout.text_other
        },
    )?;
    let bytes = memory.block(content, length as usize * width)?;
    Ok(decode(&bytes, width).into())
}

/// The `str` at the start of the block, if it is ASCII and the block holds all of it.
pub(super) fn within(block: &[u8], layout: &ObjectLayout) -> Option<Arc<str>> {
    let length = usize::try_from(word(block, layout.text_length).ok()?).ok()?;
    let state = half(block, layout.text_state).ok()?;
    if state >> layout.text_ascii_bit & 1 == 0 || state >> layout.text_kind_bit & 7 != 1 {
        return None;
    }
    let end = layout.text_ascii.checked_add(length)?;
    let bytes = block.get(layout.text_ascii..end)?;
    Some(decode(bytes, 1).into())
}

/// Decodes fixed-width code points of 1, 2 or 4 bytes.
fn decode(bytes: &[u8], width: usize) -> String {
    bytes
        .chunks_exact(width)
        .map(|chunk| {
            let code = chunk
                .iter()
                .rev()
                .fold(0_u32, |code, byte| code << 8 | u32::from(*byte));
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn each_width_decodes_and_surrogates_are_replaced() {
        assert_eq!(decode(b"caf\xe9", 1), "café");
        assert_eq!(decode(&[0xac, 0x20, 0x00, 0xd8], 2), "€\u{fffd}");
        assert_eq!(
            decode(&[0x00, 0xf6, 0x01, 0x00, 0xff, 0xff, 0xff, 0xff], 4),
            "😀\u{fffd}"
        );
    }
}
