//! A worker never outlives its parent.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, getpid, kill_process};
use std::os::fd::OwnedFd;

/// Waits until the process of a pidfd has ended, and kills this one: whatever it does, in Python or not.
pub fn die_with(process: OwnedFd) {
    loop {
        let mut watched = [PollFd::new(&process, PollFlags::IN)];
        match poll(&mut watched, None) {
            Err(Errno::INTR) => {}
            // Without a way to know, an orphan is worse than a worker too few.
            _ => break,
        }
    }
    let _ = kill_process(getpid(), Signal::KILL);
}
