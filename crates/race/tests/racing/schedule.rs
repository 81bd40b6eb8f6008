//! Who runs how often, and when it ends.

use crate::support::{Tree, assert_equal, carrying, main, other, race};
use rightlane_race::{How, Output, Race, Settled, Setup};
use std::cell::Cell;
use std::time::Duration;

const SLOW: &str = "import time\ntime.sleep(0.4)\nprint('done')\n";
const FAST: &str = "print('done')\n";

#[test]
fn everybody_gets_the_least_runs_and_clear_losers_only_one() {
    let tree = Tree::new(&[("main.py", FAST)]);
    let setup = Setup {
        budget: Some(Duration::from_secs(30)),
        ..tree.setup()
    };
    let measured = race(
        setup,
        vec![
            main(),
            other(&tree, "same", FAST),
            other(&tree, "slow", SLOW),
        ],
    );
    for close in &measured[..2] {
        assert_equal(close);
        assert!((3..=7).contains(&close.runs) || close.dropped, "{close:?}");
        let (low, high) = close.interval.unwrap();
        assert!(low <= close.seconds.unwrap() && close.seconds.unwrap() <= high);
        assert!(close.startup_seconds.unwrap() <= close.seconds.unwrap());
        assert!(close.cpu_seconds.unwrap() > 0.0 && close.peak_bytes.unwrap() > 1 << 20);
    }
    assert!(
        measured[2].dropped && measured[2].runs == 1,
        "{:?}",
        measured[2]
    );
    assert!(measured[2].seconds.unwrap() >= 0.4);
}

#[test]
fn the_budget_holds_and_the_reference_always_runs() {
    let tree = Tree::new(&[("main.py", SLOW)]);
    let setup = Setup {
        budget: Some(Duration::from_millis(1)),
        ..tree.setup()
    };
    let mut race = Race::open(setup).unwrap();
    race.rehearse(&main()).unwrap();
    race.add(main());
    race.add(other(&tree, "other", SLOW));
    assert_eq!(race.run(&mut |_| ()).unwrap(), Settled::OutOfBudget);
    let measured = race.measured();
    assert_eq!((measured[0].runs, measured[1].runs), (1, 0));
    assert_eq!(measured[1].output, None);
}

#[test]
fn what_is_not_done_within_the_budget_is_ended() {
    let tree = Tree::new(&[("main.py", FAST)]);
    let setup = Setup {
        budget: Some(Duration::from_secs(2)),
        ..tree.setup()
    };
    let endless = other(&tree, "endless", "import time\ntime.sleep(1000)\n");
    let measured = race(setup, vec![main(), endless]);
    assert_eq!(measured[1].output, Some(Output::Failed(How::OutOfBudget)));
}

#[test]
fn an_interrupt_ends_the_run_and_gives_what_is_there() {
    let tree = Tree::new(&[("main.py", FAST)]);
    let now = Cell::new(false);
    let interrupt = || now.get();
    let setup = Setup {
        budget: Some(Duration::from_secs(600)),
        min_runs: 1000,
        max_runs: 1000,
        interrupt: &interrupt,
        ..tree.setup()
    };
    let mut race = Race::open(setup).unwrap();
    let folder = race.folder().to_owned();
    race.rehearse(&main()).unwrap();
    race.add(main());
    let settled = race
        .run(&mut |progress| now.set(progress.runs >= 3))
        .unwrap();
    assert_eq!(settled, Settled::Interrupted);
    assert_eq!(race.measured()[0].runs, 3);
    // The next one is interrupted while it runs.
    race.add(other(&tree, "endless", "import time\ntime.sleep(1000)\n"));
    assert_eq!(race.run(&mut |_| ()).unwrap(), Settled::Interrupted);
    assert_eq!(carrying(&folder), Vec::<u32>::new());
    assert_eq!(race.measured()[1].runs, 0);
}

#[test]
fn a_run_in_the_middle_is_ended_by_the_interrupt() {
    let tree = Tree::new(&[("main.py", "import time\ntime.sleep(1000)\n")]);
    let looks = Cell::new(0);
    let interrupt = || {
        looks.set(looks.get() + 1);
        looks.get() > 10
    };
    let setup = Setup {
        interrupt: &interrupt,
        ..tree.setup()
    };
    assert!(tree.rehearse(setup).unwrap_err().is_interrupted());
}

#[test]
fn more_variants_may_come_later_and_the_budget_goes_on() {
    let tree = Tree::new(&[("main.py", FAST)]);
    let setup = Setup {
        budget: Some(Duration::from_secs(60)),
        ..tree.setup()
    };
    let mut race = Race::open(setup).unwrap();
    race.rehearse(&main()).unwrap();
    race.add(main());
    race.run(&mut |_| ()).unwrap();
    let (spent, runs) = (race.spent(), race.measured()[0].runs);
    assert!(runs >= 3);
    race.add(other(&tree, "later", FAST));
    race.run(&mut |_| ()).unwrap();
    assert!(race.spent() > spent);
    assert_equal(&race.measured()[1]);
}

#[test]
fn a_race_begins_with_a_rehearsal() {
    let tree = Tree::new(&[("main.py", FAST)]);
    let mut race = Race::open(tree.setup()).unwrap();
    race.add(main());
    assert!(race.run(&mut |_| ()).unwrap_err().is_setup());
}

#[test]
fn a_program_whose_own_runs_differ_is_doubted() {
    let tree = Tree::new(&[("main.py", "import os\nprint(os.getpid())\n")]);
    let mut race = Race::open(tree.setup()).unwrap();
    race.rehearse(&main()).unwrap();
    race.add(main());
    race.run(&mut |_| ()).unwrap();
    assert!(race.measured()[0].seconds.is_some());
    assert!(
        race.doubts()[0].contains("own runs differ"),
        "{:?}",
        race.doubts()
    );
}
