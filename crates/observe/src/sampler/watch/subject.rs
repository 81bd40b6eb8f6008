//! Which one of its kind a thread waits for, as a detail for people.

use super::Watch;
use crate::kernel::process;
use crate::kernel::thread::Clock;
use crate::kernel::waits::{Blocked, Subject, Wait};
use crate::reader::attach::Target;
use crate::reader::locks::Waiting;
use crate::reader::roster::ThreadRef;
use crate::sampler::classify::Class;
use crate::sampler::details::DetailId;
use crate::sampler::shared::Shared;
use crate::sys;
use rightlane_facts::{LockHolder, SocketOperation, WaitCause, WaitDetail};
use std::time::Duration;

/// Command lines of children remembered at most.
const MOST_COMMANDS: usize = 4096;

/// Part of the time that finding out who holds a lock may take (20 to 100 µs each), and what may be
/// spent before that counts.
const LOCK_SHARE: u32 = 100;
const LOCK_CREDIT: Duration = Duration::from_millis(10);

/// What is known of a wait beside its cause.
pub(super) struct Known {
    pub(super) detail: DetailId,
    /// Whether more may be known at the next look, though the thread has not moved.
    pub(super) more_later: bool,
}

impl Known {
    const NOTHING: Known = Known {
        detail: DetailId::NONE,
        more_later: false,
    };
}

impl Watch {
    /// What is known of the wait beside its cause.
    pub(super) fn known(
        &mut self,
        target: &Target,
        (thread, clock): (ThreadRef, Clock),
        class: Class,
        blocked: Option<Blocked>,
        shared: &mut Shared,
    ) -> Known {
        let (Class::Wait(cause), Some(blocked)) = (class, blocked) else {
            return Known::NOTHING;
        };
        let mut more_later = false;
        let detail = match (cause, blocked.wait, blocked.subject) {
            (
                WaitCause::Socket | WaitCause::NameLookup,
                Wait::Socket(inode),
                Subject::Socket(operation, descriptor),
            ) => {
                more_later = self.descriptors.peers.is_behind(inode);
                Some(self.socket((inode, descriptor), operation))
            }
            (WaitCause::Lock, Wait::Futex(futex), _) => {
                self.lock(target, (thread, clock), futex, shared)
            }
            (WaitCause::FileRead | WaitCause::FileWrite, _, Subject::File(number)) => self
                .descriptors
                .path(number)
                .map(|path| WaitDetail::File { path }),
            // In a container it names the child as it is called there, and another process is
            // called that outside.
            (WaitCause::Child, _, Subject::Process(pid)) if !self.ids.are_nested() => {
                Some(self.child(pid))
            }
            _ => None,
        };
        Known {
            detail: detail.map_or(DetailId::NONE, |detail| shared.details.id(detail)),
            more_later,
        }
    }

    fn socket(
        &mut self,
        (inode, descriptor): (u64, u64),
        operation: SocketOperation,
    ) -> WaitDetail {
        let ends = self.descriptors.peers.of(inode, descriptor);
        // With a timeout, accept and connect are polls first.
        let operation = match (operation, ends) {
            (SocketOperation::Receive, Some(ends)) if ends.listens() && ends.peer().is_some() => {
                SocketOperation::Accept
            }
            (SocketOperation::Send, Some(ends)) if ends.connecting() => SocketOperation::Connect,
            (operation, _) => operation,
        };
        let single = operation != SocketOperation::Poll;
        WaitDetail::Socket {
            operation,
            peer: ends.filter(|_| single).and_then(|ends| ends.peer()),
        }
    }

    /// Which kind of lock, and who holds it: the answer counts if the thread has not run meanwhile
    /// (it may have got the lock).
    fn lock(
        &mut self,
        target: &Target,
        (thread, clock): (ThreadRef, Clock),
        futex: u64,
        shared: &mut Shared,
    ) -> Option<WaitDetail> {
        if self.lock_time > LOCK_CREDIT + shared.elapsed() / LOCK_SHARE {
            return None;
        }
        let begin = sys::thread_cpu_time();
        let waiting = Waiting {
            target,
            waiter: thread.state,
            futex,
            threads: &self.present,
        };
        let wait = self
            .stacks
            .lock_wait(&self.memory, waiting, &mut shared.frames);
        self.lock_time += sys::thread_cpu_time().saturating_sub(begin);
        if self.threads.clock(thread.tid) != Some(clock) {
            return None;
        }
        let holder = wait.holder.and_then(|holder| {
            let mut present = self.present.iter();
            let thread = present.find(|thread| thread.state == holder.state)?;
            let frame = holder.frame.and_then(|frame| shared.frames.frame(frame));
            Some(LockHolder {
                thread: thread.tid,
                file: frame.map(|frame| frame.file.to_string()),
                function: frame.map(|frame| frame.function.to_string()),
                line: frame.map_or(0, |frame| frame.line),
            })
        });
        Some(WaitDetail::Lock {
            lock: wait.kind,
            holder,
        })
    }

    fn child(&mut self, pid: u32) -> WaitDetail {
        if self.commands.len() >= MOST_COMMANDS {
            self.commands.clear();
        }
        let command = self.commands.entry(pid).or_default();
        // Until it executes its program, a child has its parent's command line.
        if command.is_empty() || *command == self.command {
            *command = process::command(pid);
        }
        WaitDetail::Child {
            pid,
            command: command.clone(),
        }
    }
}
