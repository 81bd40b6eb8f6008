//! Worker processes: a channel with each, and one hub in the parent that sends tasks ahead of time, takes
//! results, and knows what a worker that died was at. No Python: payloads are bytes.
//!
//! Who starts and reaps the processes is the caller's business; it says of each which one it is
//! ([`Hub::hire`]) and when it is gone ([`Hub::died`]).

#[expect(unsafe_code, reason = "what lies in a mapping")]
mod channel;
mod hub;
mod parent;

pub use channel::{Channel, INLINE, Message, TICK, WorkerEnd, kind, now};
pub use hub::{ARENA, Done, Hired, Hub, Intake, Lost, Payload, WorkerStats};
pub use parent::die_with;
pub use rightlane_shm::Arena;
#[cfg(feature = "kill-points")]
pub use rightlane_shm::kill_at;
