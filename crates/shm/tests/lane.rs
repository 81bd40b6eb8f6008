//! Lanes between threads of one process: what crosses, what fits, what is broken.
#![cfg(not(loom))]
#![expect(unsafe_code, reason = "what lies in a mapping")]

use rightlane_shm::{Broken, Lane, Mapping, Receiver, Sender, sleep, wake};

type Small = Lane<4, 64>;

fn drain(lane: &Small, receiver: &mut Receiver) -> Vec<(u64, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some(record) = receiver.next(lane, 0).unwrap() {
        let mut bytes = Vec::new();
        receiver.copy(lane, &record, &mut bytes);
        receiver.give_back(lane, record);
        all.push((record.task, bytes));
    }
    all
}

#[test]
fn records_cross_in_their_order_and_whole() {
    let lane = Small::boxed();
    let (mut sender, mut receiver) = (Sender::default(), Receiver::default());
    for round in 0..100_u64 {
        let bytes = vec![round as u8; (round % 17) as usize];
        let half = bytes.len() / 2;
        sender
            .send(&lane, 1, round, &[&bytes[..half], &bytes[half..]])
            .unwrap();
        assert_eq!(drain(&lane, &mut receiver), [(round, bytes)]);
    }
}

#[test]
fn a_full_lane_takes_nothing_until_room_is_given_back() {
    let lane = Small::boxed();
    let (mut sender, mut receiver) = (Sender::default(), Receiver::default());
    for task in 0..4 {
        assert!(sender.send(&lane, 1, task, &[&[0; 10]]).is_some());
    }
    assert!(sender.send(&lane, 1, 4, &[]).is_none(), "no slot is free");
    assert_eq!(sender.in_lane(&lane), 4);
    assert_eq!(drain(&lane, &mut receiver).len(), 4);
    assert!(sender.send(&lane, 1, 5, &[&[0; 32]]).is_some());
    assert!(
        sender.send(&lane, 1, 6, &[&[0; 40]]).is_none(),
        "no bytes are free"
    );
    assert!(
        sender.send(&lane, 1, 7, &[&[0; 100]]).is_none(),
        "it is longer than the lane"
    );
}

#[test]
fn the_longest_record_finds_room_wherever_the_ring_stands() {
    for first in 0..64 {
        let lane = Small::boxed();
        let (mut sender, mut receiver) = (Sender::default(), Receiver::default());
        sender.send(&lane, 1, 0, &[&vec![0; first]]).unwrap();
        drain(&lane, &mut receiver);
        let longest = vec![7; Small::longest()];
        assert!(
            sender.send(&lane, 1, 1, &[&longest]).is_some(),
            "after {first} bytes"
        );
        assert_eq!(drain(&lane, &mut receiver), [(1, longest)]);
    }
}

#[test]
fn a_withdrawn_record_is_passed_over() {
    let lane = Small::boxed();
    let (mut sender, mut receiver) = (Sender::default(), Receiver::default());
    let positions: Vec<u64> = (0..3)
        .map(|task| sender.send(&lane, 1, task, &[&[1]]).unwrap())
        .collect();
    assert!(sender.withdraw(&lane, positions[1]));
    assert!(!sender.withdraw(&lane, positions[1]));
    let first = receiver.next(&lane, 0).unwrap().unwrap();
    assert!(!sender.withdraw(&lane, positions[0]));
    assert!(sender.was_begun(&lane, positions[0]));
    receiver.give_back(&lane, first);
    assert_eq!(drain(&lane, &mut receiver), [(2, vec![1])]);
    assert_eq!(sender.in_lane(&lane), 0);
}

#[test]
fn positions_that_cannot_be_are_found_out() {
    let lane = Small::boxed();
    let (mut sender, mut receiver) = (Sender::default(), Receiver::default());
    for task in 0..8 {
        sender.send(&lane, 1, task, &[&[0; 8]]).unwrap();
        drain(&lane, &mut receiver);
    }
    // To a receiver that has given nothing back, the sender is further than the lane is long.
    assert_eq!(Receiver::default().next(&lane, 0), Err(Broken));
}

#[test]
fn another_thread_is_woken_for_every_record() {
    let mapping = Mapping::new("test", size_of::<Small>()).unwrap();
    // SAFETY: a lane consists of atomics and a cell of bytes.
    let lane: &Small = unsafe { mapping.as_ref() };
    std::thread::scope(|scope| {
        let received = scope.spawn(|| {
            let mut receiver = Receiver::default();
            let mut sum = 0;
            let mut count = 0;
            while count < 10_000 {
                for (task, _) in drain(lane, &mut receiver) {
                    sum += task;
                    count += 1;
                }
                if receiver.someone_waits(lane) {
                    wake(lane.full());
                }
                if count < 10_000 && receiver.about_to_sleep(lane) {
                    sleep(lane.asleep(), 1, None);
                }
            }
            sum
        });
        let mut sender = Sender::default();
        for task in 0..10_000_u64 {
            while sender.send(lane, 1, task, &[]).is_none() {
                if sender.about_to_wait(lane, 0) {
                    sleep(lane.full(), 1, None);
                }
            }
            if sender.someone_sleeps(lane) {
                wake(lane.asleep());
            }
        }
        assert_eq!(received.join().unwrap(), 49_995_000);
    });
}

#[test]
fn memory_that_is_too_short_is_refused() {
    let mapping = Mapping::new("test", 4096).unwrap();
    let file = mapping.file().try_clone_to_owned().unwrap();
    assert!(Mapping::open(file, 8192).is_err());
}
