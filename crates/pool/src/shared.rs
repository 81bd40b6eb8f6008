//! One queue for threads that take tasks from it themselves.

use crate::Queue;
use rightlane_sync::{Condvar, Mutex, lock};

/// What a worker is told.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// A task.
    Task(T),
    /// There will be none any more.
    Closed,
}

/// A queue that workers sleep on.
///
/// At most one worker at a time is woken and has not taken a task yet; it wakes the next one if it leaves tasks
/// behind. Waking all would make them fight for the GIL with the thread that submits (each fight costs the
/// switch interval, 5 ms): the rule is tokio's, with one instead of half of the workers, for only one thread
/// can hold the GIL.
#[derive(Debug)]
pub struct Shared<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
}

#[derive(Debug)]
struct State<T> {
    queue: Queue<T>,
    /// Workers that have nothing to do.
    asleep: usize,
    /// Those of them that wait on the condition.
    parked: usize,
    /// Wakes that were given and not yet used.
    wakes: usize,
    /// Workers that were woken and have not taken anything yet.
    searching: usize,
    closed: bool,
}

impl<T> State<T> {
    /// Whether to wake a worker now; whether one waits on the condition for that.
    fn wakes_one(&mut self) -> bool {
        let wakes = self.searching == 0 && self.asleep > self.wakes && !self.queue.is_empty();
        self.wakes += usize::from(wakes);
        self.searching += usize::from(wakes);
        wakes && self.parked > 0
    }

    /// What a worker is told, if there is anything to tell.
    fn next(&mut self) -> Option<Next<T>> {
        match self.queue.pop() {
            Some((_, task)) => Some(Next::Task(task)),
            None => self.closed.then_some(Next::Closed),
        }
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                queue: Queue::default(),
                asleep: 0,
                parked: 0,
                wakes: 0,
                searching: 0,
                closed: false,
            }),
            ready: Condvar::new(),
        }
    }
}

impl<T> Shared<T> {
    /// Adds a task. Gives it back where the queue is closed; otherwise whether fewer workers sleep than tasks
    /// wait, so that another worker would be of use.
    ///
    /// # Errors
    /// The task, if the queue is closed.
    pub fn push(&self, priority: i32, task: T) -> Result<bool, T> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(task);
        }
        state.queue.push(priority, task);
        let short = state.asleep < state.queue.len();
        let wakes = state.wakes_one();
        drop(state);
        if wakes {
            self.ready.notify_one();
        }
        Ok(short)
    }

    /// What is next, without waiting. Where there is nothing, the worker that asks counts as asleep from now on, and
    /// has to call [`Shared::sleep`].
    pub fn next_or_rest(&self) -> Option<Next<T>> {
        let mut state = lock(&self.state);
        let next = state.next();
        state.asleep += usize::from(next.is_none());
        next
    }

    /// Waits for what is next, after [`Shared::next_or_rest`] gave nothing. Must not be called by a thread that holds
    /// the GIL.
    pub fn sleep(&self) -> Next<T> {
        let mut state = lock(&self.state);
        loop {
            while state.wakes == 0 && !state.closed {
                state.parked += 1;
                state = match self.ready.wait(state) {
                    Ok(state) => state,
                    Err(poisoned) => poisoned.into_inner(),
                };
                state.parked -= 1;
            }
            let woken = usize::from(state.wakes > 0);
            state.wakes -= woken;
            let next = state.next();
            state.searching -= woken;
            if let Some(next) = next {
                state.asleep -= 1;
                let wakes = state.wakes_one();
                drop(state);
                if wakes {
                    self.ready.notify_one();
                }
                return next;
            }
        }
    }

    /// [`Shared::next_or_rest`], and where that gives nothing [`Shared::sleep`].
    pub fn next(&self) -> Next<T> {
        self.next_or_rest().unwrap_or_else(|| self.sleep())
    }

    /// No task is accepted any more; workers take what is there and are then told so.
    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.ready.notify_all();
    }

    /// Takes out all that wait.
    pub fn take_all(&self) -> Vec<T> {
        lock(&self.state).queue.take(|_| true)
    }

    /// Tasks that wait.
    pub fn len(&self) -> usize {
        lock(&self.state).queue.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn every_task_is_taken_once_by_whoever_is_there() {
        let shared = Shared::default();
        let (send, received) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..4 {
                let (shared, send) = (&shared, send.clone());
                scope.spawn(move || {
                    while let Next::Task(task) = shared.next() {
                        send.send(task).unwrap();
                    }
                });
            }
            for number in 0..10_000 {
                shared.push(0, number).unwrap();
            }
            shared.close();
        });
        drop(send);
        let all: Vec<i32> = received.iter().collect();
        assert_eq!(all.len(), 10_000);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 10_000);
    }

    #[test]
    fn a_closed_queue_gives_the_task_back_and_hands_out_the_rest() {
        let shared = Shared::default();
        shared.push(0, 1).unwrap();
        shared.close();
        assert_eq!(shared.push(0, 2), Err(2));
        assert_eq!(shared.next(), Next::Task(1));
        assert_eq!(shared.next(), Next::Closed);
    }

    #[test]
    fn another_worker_is_of_use_as_long_as_fewer_sleep_than_tasks_wait() {
        let shared = Shared::default();
        assert_eq!(shared.push(0, 1), Ok(true));
        assert_eq!(shared.next_or_rest(), Some(Next::Task(1)));
        assert!(shared.is_empty());
        assert_eq!(shared.next_or_rest(), None);
        assert_eq!(
            shared.push(0, 2),
            Ok(false),
            "one that has nothing to do is there"
        );
        assert_eq!(shared.sleep(), Next::Task(2));
    }
}
