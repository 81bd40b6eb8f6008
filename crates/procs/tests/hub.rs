//! A hub with workers that are threads of this process: what matters to the transport is only that they share
//! nothing with the parent but descriptors.

use rightlane_pool::WorkerId;
use rightlane_procs::{Hired, Hub, Payload, WorkerEnd, kind};
use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::thread::{self, JoinHandle};
use std::time::Duration;

fn end_of<T>(hub: &Hub<T>, hired: Hired) -> WorkerEnd {
    let [bell, event] = hub
        .descriptors()
        .map(|fd| fd.as_fd().try_clone_to_owned().unwrap());
    WorkerEnd::open(hired.channel, bell, event).unwrap()
}

/// A worker that answers each task with its bytes, until it is told to stop or was asked to die.
fn worker(end: WorkerEnd, dies_at: Option<u64>) -> JoinHandle<u64> {
    thread::spawn(move || {
        let mut answered = 0;
        end.send(kind::STARTED, 0, &[]);
        loop {
            match end.try_next().unwrap() {
                None => end.wait(),
                Some(message) if message.kind == kind::STOP => return answered,
                Some(message) if message.kind == kind::TASK => {
                    if dies_at == Some(answered) {
                        return answered;
                    }
                    while !end.send(kind::RESULT, message.task, &[&[0; 4], &message.bytes[4..]]) {
                        end.wait_for_room(message.bytes.len());
                    }
                    answered += 1;
                }
                Some(_) => {}
            }
        }
    })
}

fn payload(bytes: &[u8]) -> Payload {
    Payload {
        function: 0,
        bytes: bytes.to_vec(),
        block: None,
        priority: 0,
        retries: 0,
        timeout: None,
    }
}

/// Takes until so many results are there: how often each ticket came, and with what.
fn take(hub: &Hub<u64>, results: usize) -> BTreeMap<u64, Vec<Vec<u8>>> {
    let mut all: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
    let mut count = 0;
    assert!(hub.become_caller());
    while count < results {
        let seen = hub.roused();
        let (mut bytes, mut broken) = (Vec::new(), Vec::new());
        for done in hub.take(&mut bytes, &mut broken) {
            if let Some(ticket) = done.ticket {
                all.entry(ticket)
                    .or_default()
                    .push(bytes[done.bytes][4..].to_vec());
                count += 1;
            }
        }
        assert!(broken.is_empty());
        if count < results {
            hub.caller_waits(seen, None);
        }
    }
    hub.end_caller();
    all
}

#[test]
fn every_task_is_answered_once() {
    let hub: Hub<u64> = Hub::new().unwrap();
    assert_eq!(hub.define(b"a function"), 0);
    let workers: Vec<_> = (0..3)
        .map(|_| worker(end_of(&hub, hub.hire().unwrap()), None))
        .collect();
    for number in 0..20_000_u64 {
        hub.submit(number, payload(&number.to_le_bytes()), false);
    }
    let all = take(&hub, 20_000);
    assert_eq!(all.len(), 20_000);
    assert!(
        all.iter()
            .all(|(ticket, bytes)| *bytes == [ticket.to_le_bytes().to_vec()])
    );
    assert_eq!(hub.unfinished(), 0);
    for number in 0..3 {
        hub.stop(WorkerId(number));
    }
    let answered: u64 = workers
        .into_iter()
        .map(|worker| worker.join().unwrap())
        .sum();
    assert_eq!(answered, 20_000);
}

#[test]
fn a_death_ends_one_task_and_the_others_are_done_elsewhere() {
    for dies_at in [0, 1, 7, 100] {
        let hub: Hub<u64> = Hub::new().unwrap();
        hub.define(b"a function");
        let dying = worker(end_of(&hub, hub.hire().unwrap()), Some(dies_at));
        for number in 0..500 {
            hub.submit(number, payload(b""), false);
        }
        // Only this worker is there: it answers so many, and is gone in the middle of the next.
        let before = take(&hub, dies_at as usize).len();
        dying.join().unwrap();
        hub.take(&mut Vec::new(), &mut Vec::new());
        let lost = hub.died(WorkerId(0));
        assert!(lost.had_started);
        assert_eq!(lost.begun.len(), 1, "dies at {dies_at}");
        let other = worker(end_of(&hub, hub.hire().unwrap()), None);
        let after = take(&hub, 500 - dies_at as usize - 1);
        assert!(!after.contains_key(&lost.begun[0]));
        assert_eq!(before + after.len() + 1, 500);
        hub.stop(WorkerId(1));
        other.join().unwrap();
    }
}

#[test]
fn what_nobody_has_begun_is_taken_back() {
    let hub: Hub<u64> = Hub::new().unwrap();
    hub.define(b"a function");
    let end = end_of(&hub, hub.hire().unwrap());
    end.send(kind::STARTED, 0, &[]);
    let (mut bytes, mut broken) = (Vec::new(), Vec::new());
    hub.take(&mut bytes, &mut broken);
    let ids: Vec<_> = (0..10)
        .map(|number| hub.submit(number, payload(b""), false).unwrap())
        .collect();
    let begun = loop {
        let message = end.try_next().unwrap().unwrap();
        if message.kind == kind::TASK {
            break message.task;
        }
    };
    assert_eq!(begun, ids[0].0);
    assert!(hub.is_begun(ids[0]));
    assert_eq!(hub.cancel(ids[0]), None);
    assert_eq!(hub.cancel(ids[1]), Some(1), "it lies in the worker's lane");
    assert_eq!(hub.cancel(ids[9]), Some(9), "it waits");
    assert_eq!(hub.cancel_waiting().len(), 7);
    assert!(end.send(kind::RESULT, begun, &[&[0; 4]]));
    assert_eq!(take(&hub, 1).keys().copied().collect::<Vec<_>>(), [0]);
    assert_eq!(hub.unfinished(), 0);
    assert!(end.try_next().unwrap().is_none());
}

#[test]
fn a_task_with_retries_begins_again_after_a_death() {
    let hub: Hub<u64> = Hub::new().unwrap();
    hub.define(b"a function");
    let retried = Payload {
        retries: 1,
        ..payload(b"again")
    };
    hub.submit(7, retried, false);
    for worker in 0..2 {
        let dying = self::worker(end_of(&hub, hub.hire().unwrap()), Some(0));
        dying.join().unwrap();
        hub.take(&mut Vec::new(), &mut Vec::new());
        let lost = hub.died(WorkerId(worker));
        assert_eq!(lost.begun, if worker == 0 { vec![] } else { vec![7] });
    }
}

#[test]
fn a_task_that_takes_too_long_is_overdue_from_when_it_was_begun() {
    let hub: Hub<u64> = Hub::new().unwrap();
    hub.define(b"a function");
    let end = end_of(&hub, hub.hire().unwrap());
    let timed = Payload {
        timeout: Some(Duration::from_millis(20)),
        ..payload(b"")
    };
    let id = hub.submit(7, timed, false).unwrap();
    thread::sleep(Duration::from_millis(40));
    let (overdue, next) = hub.overdue();
    assert_eq!(
        (overdue, next),
        (vec![], Some(Duration::from_millis(20))),
        "nobody has begun it"
    );
    while end.try_next().unwrap().unwrap().kind != kind::TASK {}
    thread::sleep(Duration::from_millis(40));
    assert_eq!(hub.overdue(), (vec![id], None));
    assert_eq!(hub.abandon(id), Some(7));
    assert_eq!(hub.overdue(), (vec![], None));
    hub.unwant(WorkerId(0), id);
    assert_eq!(end.unwanted(), id.0);
}
