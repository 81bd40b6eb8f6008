//! How large an export may become.
//!
//! A recording refers to its stacks and names by index, an export repeats them: a small hostile
//! file could fill the memory.

use super::ExportError;
use serde::Serialize;
use std::io::{self, Write};

/// Most bytes of an export: V8 holds no string longer than 2^29 - 24 characters, so neither
/// speedscope nor a trace viewer could read more.
const LIMIT: usize = (1 << 29) - 24;

/// The room that is left.
#[derive(Debug)]
pub(super) struct Room {
    left: usize,
}

impl Room {
    pub(super) fn new() -> Self {
        Self { left: LIMIT }
    }

    /// Takes `bytes` of it.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), ExportError> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or(ExportError { limit: LIMIT })?;
        Ok(())
    }
}

/// `value` as JSON, if there is room for it.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, ExportError> {
    let mut file = Bounded {
        bytes: Vec::new(),
        room: Room::new(),
    };
    // What we serialise has neither maps without text keys nor a failing `Serialize`, so only a
    // lack of room can stop it.
    serde_json::to_writer(&mut file, value).map_err(|_| ExportError { limit: LIMIT })?;
    Ok(file.bytes)
}

struct Bounded {
    bytes: Vec<u8>,
    room: Room,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room.take(bytes.len()).map_err(io::Error::other)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
