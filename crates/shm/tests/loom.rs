//! Every interleaving of the lane's and the bell's protocols: `make loom`.
#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use rightlane_shm::{Bell, Lane, Receiver, Sender, sleep, wake};
use rightlane_sync::atomic::Ordering;

type Small = Lane<2, 16>;

fn receive(lane: &Small, receiver: &mut Receiver) -> (u64, Vec<u8>) {
    loop {
        if let Some(record) = receiver.next(lane, 0).unwrap() {
            let mut bytes = Vec::new();
            receiver.copy(lane, &record, &mut bytes);
            receiver.give_back(lane, record);
            if receiver.someone_waits(lane) {
                wake(lane.full());
            }
            return (record.task, bytes);
        }
        if receiver.about_to_sleep(lane) {
            sleep(lane.asleep(), 1, None);
        }
    }
}

#[test]
fn a_receiver_that_sleeps_hears_of_every_record() {
    loom::model(|| {
        let lane: Arc<Small> = Arc::new(*Small::boxed());
        let there = Arc::clone(&lane);
        let receiver = thread::spawn(move || {
            let mut receiver = Receiver::default();
            (0..2)
                .map(|_| receive(&there, &mut receiver))
                .collect::<Vec<_>>()
        });
        let mut sender = Sender::default();
        for task in 0..2 {
            sender.send(&lane, 1, task, &[&[task as u8; 3]]).unwrap();
            if sender.someone_sleeps(&lane) {
                wake(lane.asleep());
            }
        }
        assert_eq!(receiver.join().unwrap(), [(0, vec![0; 3]), (1, vec![1; 3])]);
    });
}

#[test]
fn a_sender_without_room_hears_when_there_is_some() {
    // All interleavings with at most three switches that nobody asked for: without a bound there are too many.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let lane: Arc<Small> = Arc::new(*Small::boxed());
        let there = Arc::clone(&lane);
        let sender = thread::spawn(move || {
            let mut sender = Sender::default();
            for task in 0..3 {
                while sender.send(&there, 1, task, &[]).is_none() {
                    if sender.about_to_wait(&there, 0) {
                        sleep(there.full(), 1, None);
                    }
                }
                if sender.someone_sleeps(&there) {
                    wake(there.asleep());
                }
            }
        });
        let mut receiver = Receiver::default();
        for task in 0..3 {
            assert_eq!(receive(&lane, &mut receiver).0, task);
        }
        sender.join().unwrap();
    });
}

#[test]
fn a_record_is_begun_or_withdrawn_and_never_both() {
    loom::model(|| {
        let lane: Arc<Small> = Arc::new(*Small::boxed());
        let mut sender = Sender::default();
        let position = sender.send(&lane, 1, 7, &[]).unwrap();
        let there = Arc::clone(&lane);
        let receiver =
            thread::spawn(move || Receiver::default().next(&there, 0).unwrap().is_some());
        let withdrawn = sender.withdraw(&lane, position);
        let begun = receiver.join().unwrap();
        assert!(withdrawn != begun);
        assert_eq!(sender.was_begun(&lane, position), begun);
    });
}

#[test]
fn whoever_listens_hears_the_bell() {
    loom::model(|| {
        let bell: Arc<Bell> = Arc::new(*Bell::boxed());
        let lane: Arc<Small> = Arc::new(*Small::boxed());
        let (rings, sends) = (Arc::clone(&bell), Arc::clone(&lane));
        let worker = thread::spawn(move || {
            Sender::default().send(&sends, 1, 0, &[]).unwrap();
            rings.ring();
        });
        // As `Hub::caller_waits`: announce, look once more, sleep.
        while !lane.has_records() {
            bell.caller_sleeps();
            if !lane.has_records() {
                sleep(bell.caller(), 1, None);
            }
            bell.caller_wakes();
        }
        assert_eq!(bell.caller().load(Ordering::SeqCst), 0);
        worker.join().unwrap();
    });
}
