//! What the instruction under way tells: three kinds are enough.

/// What the innermost frame's instruction is about to do or doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Instruction {
    /// Calling something. In the *innermost* frame the callee is not Python: it is native code.
    Call,
    /// A place at which the interpreter gives up and takes the GIL (loop ends, function starts).
    Check,
    /// Anything else.
    #[default]
    Other,
}

/// The kind of `opcode` in CPython 3.`minor`, specialised and instrumented forms included.
pub(crate) fn kind(minor: u8, opcode: u8) -> Instruction {
    match lists(minor) {
        Some((calls, _)) if calls.contains(&opcode) => Instruction::Call,
        Some((_, checks)) if checks.contains(&opcode) => Instruction::Check,
        _ => Instruction::Other,
    }
}

/// Calls and checks of CPython 3.`minor`.
fn lists(minor: u8) -> Option<(&'static [u8], &'static [u8])> {
    Some(match minor {
        10 => (CALLS_3_10, CHECKS_3_10),
        11 => (CALLS_3_11, CHECKS_3_11),
        12 => (CALLS_3_12, CHECKS_3_12),
        13 => (CALLS_3_13, CHECKS_3_13),
        14 => (CALLS_3_14, CHECKS_3_14),
        15 => (CALLS_3_15, CHECKS_3_15),
        _ => return None,
    })
}

// Forms specialised for a callee in Python are left out: whoever is seen in one is in Python.

const CALLS_3_10: &[u8] = &[131, 141, 142, 161];
const CHECKS_3_10: &[u8] = &[113];

const CALLS_3_11: &[u8] = &[
    22, 64, 65, 66, 67, 72, 73, 76, 77, 78, 79, 80, 81, 113, 121, 127, 141, 142, 166, 171,
];
const CHECKS_3_11: &[u8] = &[38, 140, 150, 151, 173, 174, 175, 176];

const CALLS_3_12: &[u8] = &[
    29, 34, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 56, 142, 171, 241, 244,
];
const CHECKS_3_12: &[u8] = &[140, 151, 240, 246];

const CALLS_3_13: &[u8] = &[
    53, 54, 57, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 179, 180, 181, 244,
    245, 246,
];
const CHECKS_3_13: &[u8] = &[77, 149, 207, 236, 249];

const CALLS_3_14: &[u8] = &[
    4, 52, 55, 146, 147, 148, 149, 150, 152, 154, 155, 156, 157, 158, 159, 160, 163, 164, 165, 250,
    251, 252,
];
const CHECKS_3_14: &[u8] = &[75, 128, 175, 176, 196, 245, 253];

const CALLS_3_15: &[u8] = &[
    4, 50, 53, 147, 148, 149, 150, 151, 153, 155, 157, 158, 159, 160, 161, 162, 163, 166, 167, 168,
    249, 250, 251,
];
const CHECKS_3_15: &[u8] = &[74, 128, 181, 182, 200, 201, 244, 252];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_call_and_the_start_of_functions_are_known_in_every_version() {
        for (minor, call, start) in [
            (11, 171, 151),
            (12, 171, 151),
            (13, 53, 149),
            (14, 52, 128),
            (15, 50, 128),
        ] {
            assert_eq!(kind(minor, call), Instruction::Call, "3.{minor}");
            assert_eq!(kind(minor, start), Instruction::Check, "3.{minor}");
        }
        assert_eq!(kind(10, 131), Instruction::Call);
        assert_eq!(kind(16, 52), Instruction::Other);
    }

    #[test]
    fn no_opcode_is_both() {
        for minor in 10..=15 {
            for opcode in 0..=u8::MAX {
                // Every opcode has one kind by construction; the lists must not hide each other.
                let (calls, checks) = lists(minor).unwrap();
                assert!(
                    !(calls.contains(&opcode) && checks.contains(&opcode)),
                    "{minor} {opcode}"
                );
            }
        }
    }
}
