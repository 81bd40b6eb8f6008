//! Recordings as their file and as what other tools read.

mod builder;
mod collapsed;
mod perfetto;
mod pprof;
mod recording;
mod speedscope;

use builder::{Builder, every_recording};
use rightlane_report::{Export, export};

const ALL: [Export; 4] = [
    Export::Collapsed,
    Export::Speedscope,
    Export::Pprof,
    Export::Perfetto,
];

/// Whether two sums of seconds agree to within rounding to microseconds.
fn agree(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 + 1e-9 * a.abs().max(b.abs())
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    for (name, recording) in every_recording() {
        for form in ALL {
            let first = export(&recording, form).expect("small");
            let again = export(&recording.clone(), form).expect("small");
            assert!(first == again, "{form:?} of {name}");
        }
    }
}

#[test]
fn an_export_that_nothing_could_open_is_refused_before_it_is_made() {
    // A megabyte of recording, 600 megabytes of collapsed stack.
    let mut builder = Builder::new();
    let frame = builder.frame("app.py", &"f".repeat(1 << 20), 1);
    let stack = builder.stack_of(&vec![frame; 600]);
    builder.process("app.py").thread("", true);
    builder.time(0, stack, 1.0);
    let error = export(&builder.recording, Export::Collapsed).expect_err("too large");
    assert!(error.to_string().contains("537 MB"), "{error}");
}

#[test]
#[ignore = "writes files for readers that are not here: speedscope, pprof, Perfetto"]
fn files_for_other_readers() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, recording) in every_recording() {
        for form in ALL {
            let file = folder.join(format!("{name}.{form:?}").to_lowercase());
            std::fs::write(file, export(&recording, form).expect("small")).expect("written");
        }
        let file = folder.join(format!("{name}.rightlane"));
        std::fs::write(file, rightlane_report::recording::save(&recording)).expect("written");
    }
    eprintln!("written to {}", folder.display());
}
