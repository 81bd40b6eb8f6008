//! The child process: started, waited for without polling, signalled, reaped once.

use rightlane_facts::Outcome;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, pidfd_open, waitid,
};
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often a kernel without pidfds is asked.
const ASKING: Duration = Duration::from_millis(10);

/// The observed program. Until [`Child::reap`] it stays at least a zombie, so its pid means
/// nothing else.
pub(super) struct Child {
    inner: std::process::Child,
    pid: Pid,
    descriptor: Option<OwnedFd>,
    started: Instant,
    ended: Option<Instant>,
}

impl Child {
    pub(super) fn spawn(mut command: Command) -> io::Result<Self> {
        crate::sys::die_with_parent(&mut command);
        let started = Instant::now();
        let inner = command.spawn()?;
        let pid = Pid::from_child(&inner);
        Ok(Self {
            inner,
            pid,
            // Old kernels and strict sandboxes have none.
            descriptor: pidfd_open(pid, PidfdFlags::empty()).ok(),
            started,
            ended: None,
        })
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits until the program has ended (true), `timeout` is over or a signal came (false).
    /// Does not reap.
    pub(super) fn wait(&mut self, timeout: Duration) -> bool {
        match &self.descriptor {
            Some(descriptor) => {
                let mut ready = [PollFd::new(descriptor, PollFlags::IN)];
                let timeout = Timespec::try_from(timeout).ok();
                // An interrupted poll says "not yet", which is what the caller wants to hear.
                let _ = poll(&mut ready, timeout.as_ref());
            }
            None if !self.has_ended() => std::thread::sleep(timeout.min(ASKING)),
            None => {}
        }
        let ended = self.has_ended();
        if ended && self.ended.is_none() {
            self.ended = Some(Instant::now());
        }
        ended
    }

    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // An error means that somebody else reaped it.
        !matches!(waitid(WaitId::Pid(self.pid), options), Ok(None))
    }

    /// Sends `signal`, if it still runs.
    pub(super) fn signal(&self, signal: Signal) {
        // Not reaped yet, so the pid is still its own; a zombie takes no harm.
        let _ = kill_process(self.pid, signal);
    }

    /// How it ended, and after how long. Waits for the end.
    pub(super) fn reap(mut self) -> (Outcome, Duration) {
        let status = self.inner.wait();
        let ended = self.ended.unwrap_or_else(Instant::now);
        let outcome = match status {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Outcome::Exited(code),
                (None, Some(signal)) => Outcome::Signalled(signal),
                (None, None) => Outcome::Exited(-1),
            },
            // Reaped by somebody else: how it ended is lost.
            Err(_) => Outcome::Exited(-1),
        };
        (outcome, ended.duration_since(self.started))
    }
}
