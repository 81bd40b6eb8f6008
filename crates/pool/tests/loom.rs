//! Every interleaving of the shared queue: `make loom`.
#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use rightlane_pool::{Next, Shared};

#[test]
fn no_task_is_left_while_a_worker_sleeps() {
    loom::model(|| {
        let shared: Arc<Shared<u32>> = Arc::new(Shared::default());
        let there = Arc::clone(&shared);
        let worker = thread::spawn(move || {
            let mut sum = 0;
            while let Next::Task(task) = there.next() {
                sum += task;
            }
            sum
        });
        shared.push(0, 1).unwrap();
        shared.push(0, 2).unwrap();
        shared.close();
        assert_eq!(worker.join().unwrap(), 3);
    });
}

#[test]
fn two_workers_share_what_there_is() {
    loom::model(|| {
        let shared: Arc<Shared<u32>> = Arc::new(Shared::default());
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let there = Arc::clone(&shared);
                thread::spawn(move || match there.next() {
                    Next::Task(task) => task,
                    Next::Closed => 0,
                })
            })
            .collect();
        shared.push(0, 1).unwrap();
        shared.push(0, 2).unwrap();
        let sum: u32 = workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum();
        assert_eq!(sum, 3);
    });
}
