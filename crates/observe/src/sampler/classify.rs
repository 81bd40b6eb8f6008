//! What a thread does at one moment: the rules, without any reading.

use crate::kernel::waits::{Blocked, Wait};
use crate::reader::frames::Marks;
use crate::reader::opcodes::Instruction;
use rightlane_facts::WaitCause;

/// How a running thread uses its CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cpu {
    /// Interpreting bytecode, holding the GIL.
    Python,
    /// In native code, holding the GIL.
    Native,
    /// Without the GIL: native code that released it, or the kernel. One sample cannot tell the
    /// two apart; the thread's clocks over many samples can (see `split`).
    Released,
    /// Without the GIL, in a call that has been seen waiting for a file, socket or pipe: copying
    /// what it waits for.
    Kernel,
}

/// What a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It runs, or would if it had a CPU.
    Cpu(Cpu),
    /// It waits.
    Wait(WaitCause),
}

/// Everything that one look at a thread shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    /// The kernel's letter: `R` runnable, `D` blocked on a device, else blocked. The letter and
    /// not the `syscall` file decides whether a thread runs: that file says "running" for
    /// threads on their way through short waits.
    pub(crate) letter: u8,
    /// What it waits for, if it is blocked.
    pub(crate) blocked: Option<Blocked>,
    /// Address of its interpreter's GIL.
    pub(crate) gil: u64,
    /// Whether there is a GIL: free-threaded builds usually have none.
    pub(crate) gil_on: bool,
    /// Whether it holds the GIL (without one: whether it is inside the interpreter).
    pub(crate) holds: bool,
    /// Whether another thread holds the GIL.
    pub(crate) others_hold: bool,
    /// What its innermost Python frame is doing.
    pub(crate) instruction: Instruction,
    /// Marks of the innermost frame.
    pub(crate) leaf: Marks,
    /// Marks of the few innermost frames, together.
    pub(crate) near: Marks,
    /// Marks of all frames, together.
    pub(crate) all: Marks,
    /// Whether the innermost frame, at this instruction, has been seen waiting for a file, socket
    /// or pipe.
    pub(crate) does_io: bool,
    /// What it waited for when it was last seen blocked.
    pub(crate) last_wait: Option<WaitCause>,
}

/// Bytes of the GIL's structure; a futex within is a wait for the GIL, in every version.
const GIL_SIZE: u64 = 256;

/// Decides. `is_lookup` tells whether the socket with an inode talks to a name server.
pub(crate) fn classify(seen: &Evidence, is_lookup: impl FnOnce(u64) -> bool) -> Class {
    match seen.blocked {
        None => running(seen),
        Some(blocked) => Class::Wait(waiting(seen, blocked, is_lookup)),
    }
}

fn running(seen: &Evidence) -> Class {
    if seen.holds {
        Class::Cpu(match seen.instruction {
            // Without a GIL it keeps nobody from running, as if it had released it.
            Instruction::Call if !seen.gil_on => Cpu::Released,
            Instruction::Call => Cpu::Native,
            Instruction::Check | Instruction::Other => Cpu::Python,
        })
    } else if seen.others_hold && seen.instruction == Instruction::Check {
        // On its way into the wait for the GIL or out of it.
        Class::Wait(WaitCause::GilWait)
    } else if seen.does_io {
        Class::Cpu(Cpu::Kernel)
    } else {
        Class::Cpu(Cpu::Released)
    }
}

/// Whether waiting for this moves data through the kernel.
pub(crate) fn is_io(cause: WaitCause) -> bool {
    matches!(cause, WaitCause::Socket | WaitCause::Pipe) || is_file(cause)
}

fn waiting(seen: &Evidence, blocked: Blocked, is_lookup: impl FnOnce(u64) -> bool) -> WaitCause {
    let on_device = seen.letter == b'D';
    if let Wait::Futex(address) = blocked.wait
        && seen.gil != 0
        && address
            .checked_sub(seen.gil)
            .is_some_and(|into| into < GIL_SIZE)
    {
        return WaitCause::GilWait;
    }
    if seen.holds {
        // No other thread can run Python meanwhile: not the wait that more threads overlap.
        return match blocked.wait {
            Wait::FileWrite => WaitCause::FileWrite,
            // Starting a process holds it.
            Wait::Child => WaitCause::Child,
            _ if on_device => WaitCause::FileRead,
            _ => WaitCause::Unexplained,
        };
    }
    if blocked.polled && seen.all.any(Marks::LOOP) {
        return WaitCause::LoopIdle;
    }
    match blocked.wait {
        Wait::Futex(_) | Wait::Lock => WaitCause::Lock,
        Wait::Sleep if seen.leaf.any(Marks::CHILD) => WaitCause::Child,
        Wait::Sleep => WaitCause::Sleep,
        Wait::Child => WaitCause::Child,
        Wait::Socket(inode) => {
            let lookup =
                seen.leaf.any(Marks::LOOKUP) || !seen.leaf.any(Marks::STREAM) && is_lookup(inode);
            if lookup {
                WaitCause::NameLookup
            } else {
                WaitCause::Socket
            }
        }
        Wait::Pipe if seen.near.any(Marks::CHILD) => WaitCause::Child,
        Wait::Pipe => WaitCause::Pipe,
        Wait::FileRead => WaitCause::FileRead,
        Wait::FileWrite => WaitCause::FileWrite,
        // Threads pass through waits for a disk so quickly that the call is often gone.
        Wait::Moving => match seen.last_wait {
            Some(last) if !on_device || is_file(last) => last,
            _ if on_device => WaitCause::FileRead,
            _ => WaitCause::Unexplained,
        },
        Wait::Page | Wait::Other if on_device => WaitCause::FileRead,
        Wait::Page | Wait::Other => WaitCause::Unexplained,
    }
}

fn is_file(cause: WaitCause) -> bool {
    matches!(cause, WaitCause::FileRead | WaitCause::FileWrite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::waits::Subject;

    const GIL: u64 = 0x1000;

    fn runs() -> Evidence {
        Evidence {
            letter: b'R',
            blocked: None,
            gil: GIL,
            gil_on: true,
            holds: false,
            others_hold: false,
            instruction: Instruction::Other,
            leaf: Marks::default(),
            near: Marks::default(),
            all: Marks::default(),
            does_io: false,
            last_wait: None,
        }
    }

    fn waits(letter: u8, wait: Wait) -> Evidence {
        let blocked = Some(Blocked {
            wait,
            polled: false,
            subject: Subject::Unknown,
        });
        Evidence {
            letter,
            blocked,
            ..runs()
        }
    }

    fn polls(wait: Wait) -> Evidence {
        let blocked = Some(Blocked {
            wait,
            polled: true,
            subject: Subject::Unknown,
        });
        Evidence {
            letter: b'S',
            blocked,
            ..runs()
        }
    }

    fn cause(seen: Evidence) -> WaitCause {
        match classify(&seen, |inode| inode == 53) {
            Class::Wait(cause) => cause,
            Class::Cpu(cpu) => panic!("runs as {cpu:?}"),
        }
    }

    fn cpu(seen: Evidence) -> Class {
        classify(&seen, |_| false)
    }

    #[test]
    fn a_running_thread_is_told_by_the_gil_and_its_instruction() {
        let (call, check) = (Instruction::Call, Instruction::Check);
        let holder = Evidence {
            holds: true,
            ..runs()
        };
        assert_eq!(cpu(holder), Class::Cpu(Cpu::Python));
        assert_eq!(
            cpu(Evidence {
                instruction: check,
                ..holder
            }),
            Class::Cpu(Cpu::Python)
        );
        assert_eq!(
            cpu(Evidence {
                instruction: call,
                ..holder
            }),
            Class::Cpu(Cpu::Native)
        );
        assert_eq!(
            cpu(Evidence {
                instruction: call,
                ..runs()
            }),
            Class::Cpu(Cpu::Released)
        );
        let free_threaded = Evidence {
            gil_on: false,
            instruction: call,
            ..holder
        };
        assert_eq!(cpu(free_threaded), Class::Cpu(Cpu::Released));
        let copies = Evidence {
            does_io: true,
            instruction: call,
            ..runs()
        };
        assert_eq!(cpu(copies), Class::Cpu(Cpu::Kernel));
        let rival = Evidence {
            others_hold: true,
            ..runs()
        };
        assert_eq!(
            cpu(Evidence {
                instruction: call,
                ..rival
            }),
            Class::Cpu(Cpu::Released)
        );
        assert_eq!(
            cause(Evidence {
                instruction: check,
                ..rival
            }),
            WaitCause::GilWait
        );
    }

    #[test]
    fn a_futex_inside_the_gil_is_the_gil_and_any_other_is_a_lock() {
        assert_eq!(cause(waits(b'S', Wait::Futex(GIL))), WaitCause::GilWait);
        assert_eq!(
            cause(waits(b'S', Wait::Futex(GIL + 255))),
            WaitCause::GilWait
        );
        assert_eq!(cause(waits(b'S', Wait::Futex(GIL + 256))), WaitCause::Lock);
        assert_eq!(cause(waits(b'S', Wait::Futex(GIL - 1))), WaitCause::Lock);
        let unknown = Evidence {
            gil: 0,
            ..waits(b'S', Wait::Futex(8))
        };
        assert_eq!(cause(unknown), WaitCause::Lock);
    }

    #[test]
    fn sockets_and_name_lookups_are_told_apart() {
        assert_eq!(cause(waits(b'S', Wait::Socket(80))), WaitCause::Socket);
        assert_eq!(cause(polls(Wait::Socket(53))), WaitCause::NameLookup);
        let stream = Evidence {
            leaf: Marks::STREAM,
            ..polls(Wait::Socket(53))
        };
        assert_eq!(cause(stream), WaitCause::Socket);
        let lookup = Evidence {
            leaf: Marks::LOOKUP,
            ..waits(b'S', Wait::Socket(80))
        };
        assert_eq!(cause(lookup), WaitCause::NameLookup);
    }

    #[test]
    fn an_event_loop_is_idle_only_while_it_polls() {
        let idle = Evidence {
            all: Marks::LOOP,
            ..polls(Wait::Socket(80))
        };
        assert_eq!(cause(idle), WaitCause::LoopIdle);
        let blocked = Evidence {
            all: Marks::LOOP,
            ..waits(b'S', Wait::Sleep)
        };
        assert_eq!(cause(blocked), WaitCause::Sleep);
    }

    #[test]
    fn waits_for_children_in_disguise_are_recognised() {
        let naps = Evidence {
            leaf: Marks::CHILD,
            ..waits(b'S', Wait::Sleep)
        };
        assert_eq!(cause(naps), WaitCause::Child);
        let sentinel = Evidence {
            near: Marks::CHILD,
            ..polls(Wait::Pipe)
        };
        assert_eq!(cause(sentinel), WaitCause::Child);
        assert_eq!(cause(polls(Wait::Pipe)), WaitCause::Pipe);
    }

    #[test]
    fn blocked_with_the_gil_is_a_file_or_unexplained() {
        let fault = Evidence {
            holds: true,
            ..waits(b'D', Wait::Page)
        };
        assert_eq!(cause(fault), WaitCause::FileRead);
        let socket = Evidence {
            holds: true,
            ..waits(b'S', Wait::Socket(80))
        };
        assert_eq!(cause(socket), WaitCause::Unexplained);
    }

    #[test]
    fn a_thread_that_moved_keeps_its_last_wait_if_that_fits() {
        let moving = |letter, last_wait| {
            cause(Evidence {
                last_wait,
                ..waits(letter, Wait::Moving)
            })
        };
        assert_eq!(
            moving(b'D', Some(WaitCause::FileWrite)),
            WaitCause::FileWrite
        );
        assert_eq!(moving(b'D', Some(WaitCause::Socket)), WaitCause::FileRead);
        assert_eq!(moving(b'S', Some(WaitCause::Socket)), WaitCause::Socket);
        assert_eq!(moving(b'S', None), WaitCause::Unexplained);
    }
}
