//! Records the memory of a Python program for the fuzz target `stack`: `record FOLDER PROGRAM
//! PYTHON…`. The program prints a line at each moment that is to be recorded, and then stands
//! still until it is told to go on.

use rightlane_observe::fuzzing;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Moments recorded of each program: two, so that one can be torn into the other.
const MOMENTS: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), Some(program)) = (arguments.next(), arguments.next()) else {
        return Err("usage: record FOLDER PROGRAM PYTHON...".into());
    };
    std::fs::create_dir_all(&folder)?;
    for python in arguments {
        let mut child = Command::new(&python)
            .arg(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().ok_or("no input")?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
        for moment in 0..MOMENTS {
            let mut version = String::new();
            output.read_line(&mut version)?;
            let bytes = fuzzing::record(child.id())?;
            let name = format!("{}-{moment}", version.trim_end());
            std::fs::write(Path::new(&folder).join(name), bytes)?;
            input.write_all(b"\n")?;
        }
        child.wait()?;
    }
    Ok(())
}
