//! What is known of a site's tasks.

use crate::{Answer, Independence, Ledger, SocketUse};
use serde::{Deserialize, Serialize};

/// Everything the simulation needs to know of a site's tasks. Times in seconds, sizes in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// Tasks, all together.
    pub tasks: u64,
    /// How often the loop is entered: each time a pool would wait for the last of its tasks.
    pub entries: u64,
    /// An even sample of the tasks; scaled so that `tasks` × mean is the wall time under the site.
    pub samples: Vec<TaskSample>,
    /// Seconds per task spent in the part of the body that stays sequential (before and after
    /// the call).
    pub sequential_part: f64,
    /// Pickled size of one task's arguments, with the callee.
    pub argument_bytes: f64,
    /// Of those, bytes in large contiguous buffers.
    pub argument_buffer_bytes: f64,
    /// Seconds to pickle one task's arguments, beyond what every call of the pickler costs.
    pub argument_pickle: f64,
    /// Pickled size of one result.
    pub result_bytes: f64,
    /// Of those, bytes in large contiguous buffers.
    pub result_buffer_bytes: f64,
    /// Seconds to pickle one result, likewise.
    pub result_pickle: f64,
    /// Whether arguments, result and callee can be pickled, and why not.
    pub picklable: Answer,
    /// Why they cannot be pickled, or what is doubtful.
    pub pickle_error: Option<String>,
    /// Whether the tasks are independent.
    pub independence: Independence,
    /// Where the tasks' time went, all together.
    pub ledger: Ledger,
    /// How the tasks use sockets.
    pub sockets: SocketUse,
    /// CPU seconds per task in the library that the sockets come from: with an asyncio twin, that
    /// library's price takes their place.
    #[serde(default)]
    pub client_cpu: f64,
    /// CPU seconds per task that children of the task use (a compressor, a compiler).
    pub child_cpu: f64,
    /// CPU seconds per task that native threads of the task already use beside it (BLAS).
    pub native_thread_cpu: f64,
    /// Seconds that a spawned or forkserver worker needs to import what the program imports.
    pub import_seconds: f64,
    /// Memory resident in the program, in bytes.
    pub memory: u64,
    /// What the kernel did for one task, as far as it was counted.
    #[serde(default)]
    pub kernel: KernelWork,
}

/// What the kernel did for one task, on average; all zero where nobody counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct KernelWork {
    /// Pages of memory that it provided.
    pub page_faults: f64,
    /// Calls that read or wrote files.
    pub file_calls: f64,
    /// Bytes that these moved.
    pub file_bytes: f64,
}

/// One task: where its wall time went, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskSample {
    /// CPU that needs the GIL.
    pub gil_cpu: f64,
    /// CPU in native code that released the GIL.
    pub free_cpu: f64,
    /// CPU in the kernel without the GIL (many short system calls, each of which releases it).
    pub kernel_cpu: f64,
    /// CPU that a child process uses while the task waits for it.
    pub child_cpu: f64,
    /// Waiting: a socket, a disk, a sleep.
    pub waiting: f64,
}

impl TaskSample {
    /// The task's wall time when it runs alone, in seconds.
    #[must_use]
    pub fn wall(&self) -> f64 {
        self.gil_cpu + self.free_cpu + self.kernel_cpu + self.child_cpu + self.waiting
    }
}
