//! Which one of its kind a thread waits for, as a detail for people.

use super::Watch;
use crate::kernel::process;
use crate::kernel::waits::{Blocked, Subject, Wait};
use crate::sampler::classify::Class;
use crate::sampler::details::{DetailId, Details};
use rightlane_facts::{SocketOperation, WaitCause, WaitDetail};

/// Command lines of children remembered at most.
const MOST_COMMANDS: usize = 4096;

impl Watch {
    /// What is known of the wait beside its cause.
    pub(super) fn detail(
        &mut self,
        class: Class,
        blocked: Option<Blocked>,
        details: &mut Details,
    ) -> DetailId {
        let (Class::Wait(cause), Some(blocked)) = (class, blocked) else {
            return DetailId::NONE;
        };
        let detail = match (cause, blocked.wait, blocked.subject) {
            (
                WaitCause::Socket | WaitCause::NameLookup,
                Wait::Socket(inode),
                Subject::Socket(operation),
            ) => Some(self.socket(inode, operation)),
            (WaitCause::FileRead | WaitCause::FileWrite, _, Subject::File(number)) => self
                .descriptors
                .path(number)
                .map(|path| WaitDetail::File { path }),
            (WaitCause::Child, _, Subject::Process(pid)) => Some(self.child(pid)),
            _ => None,
        };
        detail.map_or(DetailId::NONE, |detail| details.id(detail))
    }

    fn socket(&mut self, inode: u64, operation: SocketOperation) -> WaitDetail {
        let ends = self.descriptors.peers.of(inode);
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
