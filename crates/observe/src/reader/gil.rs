//! The GIL's structure.

use crate::reader::Read;
use crate::reader::layout::GilLayout;
use crate::reader::memory::{half, word};

/// Bytes of the GIL's structure read; all fields lie within.
const GIL_SIZE: usize = 256;

/// Who holds the GIL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Gil {
    /// Whether the GIL is in use (free-threaded builds: usually not).
    pub(crate) enabled: bool,
    /// The thread state that holds it; 0 if none does.
    pub(crate) holder: u64,
}

/// Bytes of the structure to read.
pub(super) fn size(layout: &GilLayout) -> usize {
    let end = layout
        .holder
        .max(layout.locked)
        .max(layout.enabled.unwrap_or(0))
        + 8;
    end.min(GIL_SIZE)
}

/// Who holds it, from the bytes read.
pub(super) fn decode(bytes: &[u8], layout: &GilLayout) -> Read<Gil> {
    let enabled = match layout.enabled {
        Some(offset) => half(bytes, offset)? != 0,
        None => true,
    };
    let locked = half(bytes, layout.locked)? == 1;
    Ok(Gil {
        enabled,
        holder: if locked {
            word(bytes, layout.holder)?
        } else {
            0
        },
    })
}
