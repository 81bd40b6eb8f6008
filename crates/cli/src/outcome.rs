//! How an observed program ended, as our exit code.

use crate::failure::exit;
use crate::terminal;
use rightlane_facts::Outcome;

/// The exit code; says how the program failed where the report does not say it to a person
/// (`seen`).
pub(crate) fn exit_code(outcome: Option<Outcome>, cut_short: bool, seen: bool) -> i32 {
    let failed = match outcome {
        _ if cut_short => None,
        Some(Outcome::Exited(code)) if code != 0 => {
            Some(format!("the program ended with exit code {code}"))
        }
        Some(Outcome::Signalled(signal)) => Some(format!("signal {signal} ended the program")),
        _ => None,
    };
    let Some(failed) = failed else {
        return exit::DONE;
    };
    if !seen {
        terminal::say(&format!("rightlane: {failed}"));
    }
    exit::PROGRAM_FAILED
}
