//! Prints an interpreter's calibration as JSON: `cargo run --example calibrate -- PYTHON`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let python = std::env::args().nth(1).unwrap_or("python3".to_owned());
    let facts = rightlane_doctor::python_facts(Path::new(&python))?;
    let found = rightlane_doctor::calibrate(Path::new(&python))?;
    for failure in &found.failures {
        eprintln!("not measured: {failure}");
    }
    eprintln!("cores used by other programs: {:.2}", found.disturbance);
    let machine = rightlane_doctor::machine(facts, found.costs);
    println!("{}", serde_json::to_string_pretty(&machine)?);
    Ok(())
}
