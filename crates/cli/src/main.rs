//! The `rightlane` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let code = rightlane_cli::main_with(std::env::args_os(), None);
    // Codes outside a byte do not reach a parent process anyway; none of ours is.
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}
