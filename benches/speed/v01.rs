//! v0.1's way, in Python.

use crate::lab::{median, ms, ratio, time};
use crate::{Lab, Result, row};
use std::io::{Seek, Write};
use std::path::Path;
use std::process::Stdio;

const PAIRS: usize = 50;

pub(crate) fn beside_python() -> Result<()> {
    let lab = Lab::new()?;
    time(lab.gpumgr(&["--init"]))?;
    // The interpreter itself, not a wrapper that chooses one.
    let found = lab
        .program(Path::new("python3"))
        .args(["-c", "import sys; print(sys.executable)"])
        .stdout(Stdio::piped())
        .output()?;
    let interpreter = String::from_utf8(found.stdout)?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/v01.py");
    let python = |line: &str| -> Result<_> {
        let mut input = tempfile::tempfile()?;
        input.write_all(line.as_bytes())?;
        input.rewind()?;
        let mut command = lab.program(Path::new(interpreter.trim()));
        command.arg(script).stdin(input);
        Ok(command)
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        ours.push(time(lab.gpumgr(&["--allocate", "bench", "1", "1"]))?);
        time(lab.gpumgr(&["--release", "bench"]))?;
        theirs.push(time(python("allocate python 1 1\n")?)?);
        time(python("release python\n")?)?;
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    let measured = format!("{:.2} ({} / {})", ratio(ours, theirs), ms(ours), ms(theirs));
    row(
        "one `--allocate` / v0.1's way in Python, which never flushes",
        &measured,
        "published",
    );
    Ok(())
}
