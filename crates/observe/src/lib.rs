//! What a run of a Python program shows: a call ledger from inside ([`calls`]) and samples from
//! outside ([`sampler`]), which meet by site ([`join`]).

pub mod calls;
pub mod join;
pub mod run;
pub mod sampler;
pub mod summary;

// Reading another process is built for Linux on x86-64 and aarch64; elsewhere `sampler` refuses.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod kernel;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod reader;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[expect(unsafe_code, reason = "the system calls that std does not offer")]
mod sys;
