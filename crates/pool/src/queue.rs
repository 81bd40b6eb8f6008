//! Waiting tasks: the highest priority first, within one the first that came.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// A queue by priority. Almost always all tasks have the same one: then it is a queue.
#[derive(Debug)]
pub struct Queue<T> {
    ranks: BTreeMap<Reverse<i32>, VecDeque<T>>,
    length: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            ranks: BTreeMap::new(),
            length: 0,
        }
    }
}

impl<T> Queue<T> {
    /// Behind all others of its priority.
    pub fn push(&mut self, priority: i32, item: T) {
        self.ranks
            .entry(Reverse(priority))
            .or_default()
            .push_back(item);
        self.length += 1;
    }

    /// Before all others of its priority: for what was taken out and has to wait again.
    pub fn push_front(&mut self, priority: i32, item: T) {
        self.ranks
            .entry(Reverse(priority))
            .or_default()
            .push_front(item);
        self.length += 1;
    }

    /// The next one, with its priority.
    pub fn pop(&mut self) -> Option<(i32, T)> {
        let mut first = self.ranks.first_entry()?;
        let priority = first.key().0;
        let item = first.get_mut().pop_front();
        if first.get().is_empty() {
            first.remove();
        }
        self.length -= usize::from(item.is_some());
        item.map(|item| (priority, item))
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Takes out all that are meant; the others stay in their order.
    pub fn take(&mut self, mut is_meant: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for rank in self.ranks.values_mut() {
            let (meant, others): (Vec<T>, Vec<T>) = rank.drain(..).partition(&mut is_meant);
            taken.extend(meant);
            rank.extend(others);
        }
        self.ranks.retain(|_, rank| !rank.is_empty());
        self.length -= taken.len();
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_priorities_come_first_and_equal_ones_in_order() {
        let mut queue = Queue::default();
        for (priority, item) in [(0, 'a'), (5, 'b'), (0, 'c'), (-1, 'd'), (5, 'e')] {
            queue.push(priority, item);
        }
        let order: Vec<char> = std::iter::from_fn(|| queue.pop().map(|(_, item)| item)).collect();
        assert_eq!(order, ['b', 'e', 'a', 'c', 'd']);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_has_to_wait_again_is_next() {
        let mut queue = Queue::default();
        queue.push(0, 1);
        queue.push(0, 2);
        let (priority, first) = queue.pop().unwrap();
        queue.push_front(priority, first);
        assert_eq!(queue.pop(), Some((0, 1)));
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn what_is_taken_out_leaves_the_order() {
        let mut queue = Queue::default();
        for item in 0..6 {
            queue.push(item % 2, item);
        }
        assert_eq!(queue.take(|item| *item > 3), [5, 4]);
        let rest: Vec<i32> = std::iter::from_fn(|| queue.pop().map(|(_, item)| item)).collect();
        assert_eq!(rest, [1, 3, 0, 2]);
    }
}
