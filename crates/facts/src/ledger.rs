//! The time ledger: where wall time went.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Seconds of wall time by cause. The sum is the wall time it describes; what could not be told
/// stands under `unexplained` instead of being spread over the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Ledger {
    /// Interpreting Python bytecode, holding the GIL.
    pub python_gil: f64,
    /// Inside native code that keeps the GIL (`json`, `re`, `sorted`, …).
    pub native_gil: f64,
    /// Inside native code that released the GIL (`hashlib`, `zlib`, NumPy on large arrays, …).
    pub native_released: f64,
    /// Kernel CPU without the GIL: copying warm files or sockets.
    pub kernel: f64,
    /// Runnable, waiting for a CPU.
    pub cpu_wait: f64,
    /// Waiting for the GIL.
    pub gil_wait: f64,
    /// Waiting for a socket.
    pub socket: f64,
    /// Waiting for a name lookup.
    pub name_lookup: f64,
    /// Waiting for a file read.
    pub file_read: f64,
    /// Waiting for a file write or sync.
    pub file_write: f64,
    /// Waiting for a child process.
    pub child: f64,
    /// Waiting for a pipe.
    pub pipe: f64,
    /// Waiting for a lock or queue.
    pub lock: f64,
    /// Sleeping.
    pub sleep: f64,
    /// An event loop with nothing to do.
    pub loop_idle: f64,
    /// Not explained.
    pub unexplained: f64,
}

/// One row of the [`Ledger`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each variant is the Ledger field of the same name"
)]
pub enum WaitCause {
    PythonGil,
    NativeGil,
    NativeReleased,
    Kernel,
    CpuWait,
    GilWait,
    Socket,
    NameLookup,
    FileRead,
    FileWrite,
    Child,
    Pipe,
    Lock,
    Sleep,
    LoopIdle,
    Unexplained,
}

impl WaitCause {
    /// Every row, in the ledger's order.
    pub const ALL: [WaitCause; 16] = [
        WaitCause::PythonGil,
        WaitCause::NativeGil,
        WaitCause::NativeReleased,
        WaitCause::Kernel,
        WaitCause::CpuWait,
        WaitCause::GilWait,
        WaitCause::Socket,
        WaitCause::NameLookup,
        WaitCause::FileRead,
        WaitCause::FileWrite,
        WaitCause::Child,
        WaitCause::Pipe,
        WaitCause::Lock,
        WaitCause::Sleep,
        WaitCause::LoopIdle,
        WaitCause::Unexplained,
    ];

    /// The row's JSON key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            WaitCause::PythonGil => "python_gil",
            WaitCause::NativeGil => "native_gil",
            WaitCause::NativeReleased => "native_released",
            WaitCause::Kernel => "kernel",
            WaitCause::CpuWait => "cpu_wait",
            WaitCause::GilWait => "gil_wait",
            WaitCause::Socket => "socket",
            WaitCause::NameLookup => "name_lookup",
            WaitCause::FileRead => "file_read",
            WaitCause::FileWrite => "file_write",
            WaitCause::Child => "child",
            WaitCause::Pipe => "pipe",
            WaitCause::Lock => "lock",
            WaitCause::Sleep => "sleep",
            WaitCause::LoopIdle => "loop_idle",
            WaitCause::Unexplained => "unexplained",
        }
    }

    /// The row in words where there is no GIL.
    #[must_use]
    pub fn words_without_gil(self) -> &'static str {
        match self {
            WaitCause::NativeGil | WaitCause::NativeReleased => "native code",
            other => other.words(),
        }
    }

    /// Whether the thread waits for something of the world outside the interpreter and the
    /// scheduler: what a wait's detail can name.
    #[must_use]
    pub fn is_wait(self) -> bool {
        !matches!(
            self,
            WaitCause::PythonGil
                | WaitCause::NativeGil
                | WaitCause::NativeReleased
                | WaitCause::Kernel
                | WaitCause::CpuWait
                | WaitCause::GilWait
        )
    }

    /// The row in words, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            WaitCause::PythonGil => "Python code",
            WaitCause::NativeGil => "native code holding the GIL",
            WaitCause::NativeReleased => "native code, GIL released",
            WaitCause::Kernel => "kernel (copying files or sockets)",
            WaitCause::CpuWait => "waiting for a CPU",
            WaitCause::GilWait => "waiting for the GIL",
            WaitCause::Socket => "waiting for sockets",
            WaitCause::NameLookup => "name lookup",
            WaitCause::FileRead => "reading files",
            WaitCause::FileWrite => "writing files",
            WaitCause::Child => "waiting for child processes",
            WaitCause::Pipe => "waiting for pipes",
            WaitCause::Lock => "waiting for locks or queues",
            WaitCause::Sleep => "sleeping",
            WaitCause::LoopIdle => "event loop idle",
            WaitCause::Unexplained => "unexplained",
        }
    }
}

impl Ledger {
    fn slot(&mut self, cause: WaitCause) -> &mut f64 {
        match cause {
            WaitCause::PythonGil => &mut self.python_gil,
            WaitCause::NativeGil => &mut self.native_gil,
            WaitCause::NativeReleased => &mut self.native_released,
            WaitCause::Kernel => &mut self.kernel,
            WaitCause::CpuWait => &mut self.cpu_wait,
            WaitCause::GilWait => &mut self.gil_wait,
            WaitCause::Socket => &mut self.socket,
            WaitCause::NameLookup => &mut self.name_lookup,
            WaitCause::FileRead => &mut self.file_read,
            WaitCause::FileWrite => &mut self.file_write,
            WaitCause::Child => &mut self.child,
            WaitCause::Pipe => &mut self.pipe,
            WaitCause::Lock => &mut self.lock,
            WaitCause::Sleep => &mut self.sleep,
            WaitCause::LoopIdle => &mut self.loop_idle,
            WaitCause::Unexplained => &mut self.unexplained,
        }
    }

    /// Seconds under `cause`.
    #[must_use]
    pub fn get(&self, cause: WaitCause) -> f64 {
        {
            let mut copy = *self;
            *copy.slot(cause)
        }
    }

    /// Adds `seconds` under `cause`.
    pub fn add(&mut self, cause: WaitCause, seconds: f64) {
        *self.slot(cause) += seconds;
    }

    /// The rows with their seconds, in order.
    pub fn rows(&self) -> impl Iterator<Item = (WaitCause, f64)> + '_ {
        WaitCause::ALL
            .into_iter()
            .map(|cause| (cause, self.get(cause)))
    }

    /// The wall time described, in seconds.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.rows().map(|(_, seconds)| seconds).sum()
    }

    /// Adds every row of `other`.
    pub fn merge(&mut self, other: &Ledger) {
        for (cause, seconds) in other.rows() {
            self.add(cause, seconds);
        }
    }

    /// Every row times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Ledger {
        let mut scaled = Ledger::default();
        for (cause, seconds) in self.rows() {
            scaled.add(cause, seconds * factor);
        }
        scaled
    }

    /// CPU seconds that need the GIL.
    #[must_use]
    pub fn gil_cpu(&self) -> f64 {
        self.python_gil + self.native_gil
    }

    /// CPU seconds that do not need the GIL.
    #[must_use]
    pub fn free_cpu(&self) -> f64 {
        self.native_released + self.kernel
    }

    /// Seconds spent waiting for something other than a CPU or the GIL.
    #[must_use]
    pub fn waiting(&self) -> f64 {
        self.socket
            + self.name_lookup
            + self.file_read
            + self.file_write
            + self.child
            + self.pipe
            + self.lock
            + self.sleep
            + self.loop_idle
    }

    /// The row with the most seconds, `Unexplained` if all are zero.
    #[must_use]
    pub fn dominant(&self) -> WaitCause {
        self.rows()
            .filter(|(_, seconds)| *seconds > 0.0)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(WaitCause::Unexplained, |(cause, _)| cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_own_slot_and_counts_once_in_the_total() {
        let mut ledger = Ledger::default();
        for (index, cause) in WaitCause::ALL.into_iter().enumerate() {
            ledger.add(cause, f64::from(1 << index));
        }
        assert_eq!(ledger.total(), f64::from((1 << 16) - 1));
        for (index, cause) in WaitCause::ALL.into_iter().enumerate() {
            assert_eq!(ledger.get(cause), f64::from(1 << index), "{}", cause.key());
        }
    }

    #[test]
    fn json_keys_are_the_rows_keys() {
        let json = serde_json::to_value(Ledger::default()).unwrap();
        let keys: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected: Vec<&str> = WaitCause::ALL.iter().map(|cause| cause.key()).collect();
        let mut keys = keys;
        keys.sort_unstable();
        expected.sort_unstable();
        assert_eq!(keys, expected);
    }
}
