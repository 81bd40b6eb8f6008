//! Whether a process is still the one that was met: its id alone does not say so, because the
//! kernel gives the ids of ended processes to new ones.

use crate::kernel::process;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// A process that was met.
pub(crate) struct Life {
    pid: u32,
    /// When it started, in clock ticks since boot: with the id, its identity.
    started: u64,
    descriptor: Option<OwnedFd>,
}

impl Life {
    /// The process that has this id now; `None` if there is none.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let before = process::stat(pid)?;
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
        // Old kernels and strict sandboxes have no descriptors for processes.
        let descriptor = pidfd_open(number, PidfdFlags::empty()).ok();
        // The descriptor is of the process looked at before if that is there afterwards, too.
        let after = process::stat(pid)?;
        (before.started == after.started).then_some(Life {
            pid,
            started: before.started,
            descriptor,
        })
    }

    /// Whether it has ended, waited for or not.
    pub(crate) fn ended(&self) -> bool {
        match &self.descriptor {
            Some(descriptor) => {
                let mut ready = [PollFd::new(descriptor, PollFlags::IN)];
                let now = Timespec::default();
                poll(&mut ready, Some(&now)).is_ok_and(|count| count > 0)
            }
            None => process::stat(self.pid)
                .is_none_or(|stat| stat.ended() || stat.started != self.started),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_ended_once_it_is_a_zombie_and_stays_so_when_reaped() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let life = Life::of(child.id()).unwrap();
        assert!(!life.ended());
        child.kill().unwrap();
        while !process::stat(child.id()).unwrap().ended() {
            std::thread::yield_now();
        }
        assert!(life.ended());
        child.wait().unwrap();
        assert!(life.ended());
        let asked = Life {
            descriptor: None,
            ..life
        };
        assert!(asked.ended());
        assert!(Life::of(u32::MAX).is_none());
    }
}
