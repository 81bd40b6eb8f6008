//! Which worker has which task, for workers that are sent tasks ahead of time.

use crate::Queue;
use std::collections::{BTreeMap, VecDeque};

/// A task, for as long as the board lives: numbers are used again, ids are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u64);

/// A worker, for as long as the board lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub usize);

/// What a worker that died leaves behind.
#[derive(Debug)]
pub struct Lost<T> {
    /// The tasks that it had begun, at most one: their tickets.
    pub begun: Vec<T>,
    /// The others that it had; they wait again, before all others.
    pub waiting_again: Vec<TaskId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Queued,
    With(WorkerId),
    Gone,
}

#[derive(Debug)]
struct Entry<T> {
    generation: u32,
    place: Place,
    priority: i32,
    ticket: Option<T>,
}

/// A task in a worker's lane.
#[derive(Debug, Clone, Copy)]
struct Sent {
    task: TaskId,
    position: u64,
}

/// What a worker has, in the order in which it was sent.
type Lane = VecDeque<Sent>;

/// The board: `T` is what is handed out when a task ends.
#[derive(Debug)]
pub struct Board<T> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
    queue: Queue<TaskId>,
    /// Tasks in the queue that were not cancelled.
    waiting: usize,
    workers: BTreeMap<WorkerId, Lane>,
    hired: usize,
}

impl<T> Default for Board<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            free: Vec::new(),
            queue: Queue::default(),
            waiting: 0,
            workers: BTreeMap::new(),
            hired: 0,
        }
    }
}

impl<T> Board<T> {
    /// A new worker.
    pub fn hire(&mut self) -> WorkerId {
        let worker = WorkerId(self.hired);
        self.hired += 1;
        self.workers.insert(worker, Lane::new());
        worker
    }

    /// A new task, which waits.
    pub fn add(&mut self, ticket: T, priority: i32) -> TaskId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry {
                generation: 0,
                place: Place::Gone,
                priority,
                ticket: None,
            });
            (self.entries.len() - 1) as u32
        });
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.place = Place::Queued;
        entry.priority = priority;
        entry.ticket = Some(ticket);
        let id = TaskId(u64::from(entry.generation) << 32 | u64::from(index));
        self.queue.push(priority, id);
        self.waiting += 1;
        id
    }

    /// The task that is next, with its ticket. It is placed with [`Board::sent`] or put back with
    /// [`Board::wait_again`].
    pub fn take_next(&mut self) -> Option<TaskId> {
        loop {
            let (_, id) = self.queue.pop()?;
            if self
                .entry(id)
                .is_some_and(|entry| entry.place == Place::Queued)
            {
                self.waiting -= 1;
                return Some(id);
            }
        }
    }

    /// The ticket of a task that has not ended.
    pub fn ticket(&mut self, id: TaskId) -> Option<&mut T> {
        self.entry(id)?.ticket.as_mut()
    }

    /// It lies in a worker's lane.
    pub fn sent(&mut self, id: TaskId, worker: WorkerId, position: u64) {
        if !self.workers.contains_key(&worker) {
            return;
        }
        if let Some(entry) = self.entry(id) {
            entry.place = Place::With(worker);
            let lane = self.workers.entry(worker).or_default();
            lane.push_back(Sent { task: id, position });
        }
    }

    /// It waits again, before all others of its priority.
    pub fn wait_again(&mut self, id: TaskId) {
        if let Some(entry) = self.entry(id) {
            entry.place = Place::Queued;
            let priority = entry.priority;
            self.queue.push_front(priority, id);
            self.waiting += 1;
        }
    }

    /// A worker answered; `None` where it does not have this task.
    pub fn finished(&mut self, worker: WorkerId, id: TaskId) -> Option<T> {
        let lane = self.workers.get_mut(&worker)?;
        let at = lane.iter().position(|sent| sent.task == id)?;
        lane.remove(at);
        self.end(id)
    }

    /// Takes a task back that is not begun, and hands out its ticket. `withdraw` asks the worker's lane.
    pub fn cancel(
        &mut self,
        id: TaskId,
        withdraw: impl FnOnce(WorkerId, u64) -> bool,
    ) -> Option<T> {
        match self.entry(id)?.place {
            Place::Queued => {
                self.waiting -= 1;
                self.end(id)
            }
            Place::With(worker) => {
                let lane = self.workers.get_mut(&worker)?;
                let at = lane.iter().position(|sent| sent.task == id)?;
                if !withdraw(worker, lane[at].position) {
                    return None;
                }
                lane.remove(at);
                self.end(id)
            }
            Place::Gone => None,
        }
    }

    /// The worker that has a task.
    pub fn worker_of(&mut self, id: TaskId) -> Option<WorkerId> {
        match self.entry(id)?.place {
            Place::With(worker) => Some(worker),
            Place::Queued | Place::Gone => None,
        }
    }

    /// Where a task lies: its worker, and the position in that one's lane.
    pub fn place(&mut self, id: TaskId) -> Option<(WorkerId, u64)> {
        let worker = self.worker_of(id)?;
        let mut lane = self.workers.get(&worker)?.iter();
        lane.find(|sent| sent.task == id)
            .map(|sent| (worker, sent.position))
    }

    /// Hands out a task's ticket, wherever it is; a worker that has it may go on, and its answer ends nothing.
    pub fn abandon(&mut self, id: TaskId) -> Option<T> {
        let entry = self.entry(id)?;
        let (ticket, place) = (entry.ticket.take(), entry.place);
        if place == Place::Queued {
            self.waiting -= 1;
            self.end(id);
        }
        ticket
    }

    /// A worker died. `was_begun` says of a position in its lane whether the worker had begun it, `again` of a task
    /// that was whether it may begin again.
    pub fn died(
        &mut self,
        worker: WorkerId,
        was_begun: impl Fn(u64) -> bool,
        mut again: impl FnMut(&mut T) -> bool,
    ) -> Lost<T> {
        let sent = self.workers.remove(&worker).unwrap_or_default();
        let mut lost = Lost {
            begun: Vec::new(),
            waiting_again: Vec::new(),
        };
        for Sent { task, position } in sent.into_iter().rev() {
            let ends = was_begun(position) && !self.ticket(task).is_some_and(&mut again);
            if ends || self.ticket(task).is_none() {
                lost.begun.extend(self.end(task));
            } else {
                self.wait_again(task);
                lost.waiting_again.push(task);
            }
        }
        lost
    }

    /// Moves half of what the worker with the most tasks has not begun back to the queue, so that another may
    /// have it. `withdraw` asks its lane; how many were moved.
    pub fn share(&mut self, mut withdraw: impl FnMut(WorkerId, u64) -> bool) -> usize {
        let busiest = self.workers.iter_mut().max_by_key(|(_, lane)| lane.len());
        let Some((worker, lane)) = busiest.filter(|(_, lane)| lane.len() > 1) else {
            return 0;
        };
        // The first one is being worked on, or will be at once.
        let want = lane.len() / 2;
        let mut moved = Vec::new();
        while moved.len() < want
            && let Some(last) = lane.pop_back()
        {
            if !withdraw(*worker, last.position) {
                lane.push_back(last);
                break;
            }
            moved.push(last.task);
        }
        for task in &moved {
            self.wait_again(*task);
        }
        moved.len()
    }

    /// The living worker with the fewest tasks, and how many it has.
    #[must_use]
    pub fn least_loaded(&self) -> Option<(WorkerId, usize)> {
        let loads = self
            .workers
            .iter()
            .map(|(worker, lane)| (*worker, lane.len()));
        loads.min_by_key(|(_, load)| *load)
    }

    /// The living worker with the most tasks, and how many it has.
    #[must_use]
    pub fn most_loaded(&self) -> Option<(WorkerId, usize)> {
        let loads = self
            .workers
            .iter()
            .map(|(worker, lane)| (*worker, lane.len()));
        loads.max_by_key(|(_, load)| *load)
    }

    /// The position of the first task that a worker has.
    #[must_use]
    pub fn first(&self, worker: WorkerId) -> Option<u64> {
        Some(self.workers.get(&worker)?.front()?.position)
    }

    /// Whether tasks lie behind another with one worker while another has none.
    #[must_use]
    pub fn is_uneven(&self) -> bool {
        let mut loads = self.workers.values().map(VecDeque::len);
        loads.clone().any(|load| load > 1) && loads.any(|load| load == 0)
    }

    /// Tasks that a worker has.
    #[must_use]
    pub fn load(&self, worker: WorkerId) -> usize {
        self.workers.get(&worker).map_or(0, VecDeque::len)
    }

    /// Whether a worker lives.
    #[must_use]
    pub fn lives(&self, worker: WorkerId) -> bool {
        self.workers.contains_key(&worker)
    }

    /// Tasks that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Tasks that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Ends all tasks, whoever has them.
    pub fn clear(&mut self) -> Vec<T> {
        self.workers.values_mut().for_each(VecDeque::clear);
        let ids: Vec<TaskId> = (0..self.entries.len())
            .filter(|index| self.entries[*index].place != Place::Gone)
            .map(|index| TaskId(u64::from(self.entries[index].generation) << 32 | index as u64))
            .collect();
        self.queue = Queue::default();
        self.waiting = 0;
        ids.into_iter().filter_map(|id| self.end(id)).collect()
    }

    /// Takes out the tasks that no worker has begun, in their order. `withdraw` asks the workers' lanes.
    pub fn cancel_waiting(&mut self, mut withdraw: impl FnMut(WorkerId, u64) -> bool) -> Vec<T> {
        let mut ids = Vec::new();
        for (worker, lane) in &mut self.workers {
            lane.retain(|sent| {
                let mine = withdraw(*worker, sent.position);
                ids.extend(mine.then_some(sent.task));
                !mine
            });
        }
        while let Some(id) = self.take_next() {
            ids.push(id);
        }
        ids.into_iter().filter_map(|id| self.end(id)).collect()
    }

    fn entry(&mut self, id: TaskId) -> Option<&mut Entry<T>> {
        let entry = self.entries.get_mut(id.0 as u32 as usize)?;
        (u64::from(entry.generation) == id.0 >> 32 && entry.place != Place::Gone).then_some(entry)
    }

    fn end(&mut self, id: TaskId) -> Option<T> {
        let entry = self.entry(id)?;
        entry.place = Place::Gone;
        let ticket = entry.ticket.take();
        self.free.push(id.0 as u32);
        ticket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two workers, and tasks sent to the first.
    fn board(count: u64) -> (Board<u64>, WorkerId, WorkerId, Vec<TaskId>) {
        let mut board = Board::default();
        let (one, two) = (board.hire(), board.hire());
        let ids: Vec<TaskId> = (0..count).map(|number| board.add(number, 0)).collect();
        for position in 0..count {
            let next = board.take_next().unwrap();
            board.sent(next, one, position);
        }
        (board, one, two, ids)
    }

    #[test]
    fn a_task_ends_once() {
        let (mut board, one, two, ids) = board(2);
        assert_eq!(
            board.finished(two, ids[0]),
            None,
            "the other worker does not have it"
        );
        assert_eq!(board.finished(one, ids[0]), Some(0));
        assert_eq!(board.finished(one, ids[0]), None);
        assert_eq!(board.cancel(ids[0], |_, _| true), None);
        assert_eq!(board.unfinished(), 1);
    }

    #[test]
    fn a_number_that_is_used_again_is_another_task() {
        let (mut board, one, _, ids) = board(1);
        board.finished(one, ids[0]);
        let again = board.add(7, 0);
        assert_ne!(again, ids[0]);
        assert_eq!(board.cancel(ids[0], |_, _| true), None);
        assert_eq!(board.cancel(again, |_, _| true), Some(7));
    }

    #[test]
    fn what_a_worker_has_begun_is_not_cancelled() {
        let (mut board, one, _, ids) = board(2);
        assert_eq!(board.cancel(ids[0], |_, _| false), None);
        assert_eq!(board.cancel(ids[1], |_, position| position == 1), Some(1));
        assert_eq!(board.finished(one, ids[0]), Some(0));
    }

    #[test]
    fn a_cancelled_task_is_never_next() {
        let mut board: Board<u64> = Board::default();
        let first = board.add(1, 0);
        let second = board.add(2, 0);
        assert_eq!(board.cancel(first, |_, _| true), Some(1));
        assert_eq!(board.waiting(), 1);
        assert_eq!(board.take_next(), Some(second));
        assert_eq!(board.take_next(), None);
    }

    #[test]
    fn a_death_ends_what_was_begun_and_the_rest_waits_in_its_order() {
        let (mut board, one, _, ids) = board(4);
        let lost = board.died(one, |position| position == 0, |_| false);
        assert_eq!(lost.begun, [0]);
        assert_eq!(lost.waiting_again.len(), 3);
        assert!(!board.lives(one));
        let order: Vec<TaskId> = std::iter::from_fn(|| board.take_next()).collect();
        assert_eq!(order, ids[1..]);
    }

    #[test]
    fn what_may_begin_again_after_a_death_is_next() {
        let (mut board, one, _, ids) = board(3);
        let lost = board.died(one, |position| position == 0, |ticket| *ticket == 0);
        assert_eq!(lost.begun, []);
        let order: Vec<TaskId> = std::iter::from_fn(|| board.take_next()).collect();
        assert_eq!(order, ids);
    }

    #[test]
    fn an_abandoned_task_is_nobodys_while_its_worker_goes_on() {
        let (mut board, one, _, ids) = board(2);
        assert_eq!(board.abandon(ids[0]), Some(0));
        assert_eq!(board.abandon(ids[0]), None);
        assert_eq!(board.finished(one, ids[0]), None);
        let waiting = board.add(7, 0);
        assert_eq!(board.abandon(waiting), Some(7));
        assert_eq!(board.take_next(), None);
        let lost = board.died(one, |_| false, |_| true);
        assert_eq!(lost.waiting_again, [ids[1]]);
        assert_eq!(board.unfinished(), 1);
    }

    #[test]
    fn an_idle_worker_gets_half_of_the_busiest_ones_tasks() {
        let (mut board, one, two, ids) = board(6);
        assert_eq!(board.share(|_, _| true), 3);
        assert_eq!(board.load(one), 3);
        let next = board.take_next().unwrap();
        assert_eq!(next, ids[3]);
        board.sent(next, two, 0);
        assert_eq!(board.least_loaded(), Some((two, 1)));
    }

    #[test]
    fn nothing_is_shared_of_a_single_task() {
        let (mut board, one, _, _) = board(1);
        assert_eq!(board.share(|_, _| true), 0);
        assert_eq!(board.load(one), 1);
    }

    #[test]
    fn clearing_hands_out_every_ticket_once() {
        let (mut board, one, _, _) = board(3);
        board.add(9, 5);
        let mut all = board.clear();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 9]);
        assert_eq!(board.unfinished(), 0);
        assert_eq!(board.load(one), 0);
        assert_eq!(board.take_next(), None);
    }
}
