//! What to change so that iterations become independent: the line that stands in the way is named, and
//! what to write there.

mod shared;

use rightlane_facts::{Answer, Carrier, SiteKind};

/// The first carrier of the only loop at module level.
fn carrier(program: &str) -> Carrier {
    let files = vec![("script.py".to_owned(), program.to_owned())];
    let source = shared::read(&files).unwrap_or_else(|error| panic!("{error}"));
    let sites = source
        .sites
        .iter()
        .filter(|site| site.kind != SiteKind::Run);
    let calls = sites.flat_map(|site| {
        let whole = std::iter::once(&site.independence);
        whole.chain(site.calls.iter().map(|call| &call.independence))
    });
    let mut dependent = calls.filter(|found| found.answer != Answer::Yes);
    let found = dependent
        .next_back()
        .expect("a loop that is not independent");
    found.carriers[0].clone()
}

#[test]
fn each_kind_of_dependence_says_what_to_write_instead() {
    let cases = [
        (
            "total = 0\n\ndef add(x):\n    global total\n    total += sum(range(x))\n\nfor x in range(9):\n    add(x)\n",
            5,
            "return what is added to `total`",
        ),
        (
            "import random\n\ndef throw(n):\n    return sum(random.random() for _ in range(n))\n\nfor n in range(9):\n    throw(n)\n",
            4,
            "random.Random(",
        ),
        (
            "def show(n):\n    print(sum(range(n)))\n\nfor n in range(9):\n    show(n)\n",
            2,
            "return the text from the task",
        ),
        (
            "import os\n\ndef enter(folder):\n    os.chdir(folder)\n    return os.listdir()\n\nfor folder in ['a', 'b']:\n    enter(folder)\n",
            4,
            "use absolute paths",
        ),
        (
            "found = []\n\ndef look(n):\n    found.append(sum(range(n)))\n\nfor n in range(9):\n    look(n)\n",
            4,
            "return it from the task, and add it to `found`",
        ),
    ];
    for (program, line, words) in cases {
        let carrier = carrier(program);
        assert_eq!(carrier.place.line, line, "{carrier:?}");
        let change = carrier.change.clone().unwrap_or_default();
        assert!(change.contains(words), "{carrier:?}");
    }
}
