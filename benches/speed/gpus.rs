//! What a look at the hardware costs, apart from the driver itself: a stand-in for its library
//! answers at once.

use crate::lab::{median, ms, ratio, time};
use crate::{Lab, Result, row};
use std::fs;
use std::process::Command;

const PAIRS: usize = 200;
const ONE_SERVER: &str = "[cluster]\nservers = 1\ngpus_per_server = 8\ncpus_per_server = 64\n";

/// The same actions with eight measured GPUs, and with no driver at all.
pub(crate) fn measured() -> Result<()> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/gpus/nvml.c");
    let lab = Lab::new()?;
    fs::write(lab.path().join("config.toml"), ONE_SERVER)?;
    let (gpus, library) = (
        lab.path().join("gpus"),
        lab.path().join("libnvidia-ml.so.1"),
    );
    fs::write(&gpus, "count 8\n")?;
    let compile = ["-O2", "-shared", "-fPIC", source, "-o"];
    let mut compiler = Command::new("cc");
    compiler.args(compile).arg(&library);
    time(compiler)?;
    let with_driver = |mut command: Command| {
        command
            .env("LD_LIBRARY_PATH", lab.path())
            .env("STANDIN", &gpus);
        command
    };
    for (what, arguments) in [
        ("`--allocate`", &["--allocate", "task"][..]),
        ("`--status`", &["--status"]),
    ] {
        let (mut measured, mut unmeasured) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            unmeasured.push(time(lab.gpumgr(arguments))?);
            release(&lab)?;
            measured.push(time(with_driver(lab.gpumgr(arguments)))?);
            release(&lab)?;
        }
        let (measured, unmeasured) = (median(&mut measured), median(&mut unmeasured));
        row(
            &format!(
                "one {what} with 8 GPUs that answer at once / without a driver (median of 200 pairs)"
            ),
            &format!(
                "{:.2} ({} / {})",
                ratio(measured, unmeasured),
                ms(measured),
                ms(unmeasured)
            ),
            "",
        );
    }
    Ok(())
}

fn release(lab: &Lab) -> Result<()> {
    if fs::read_to_string(lab.state()).is_ok_and(|state| state.contains("\"task\"")) {
        time(lab.gpumgr(&["--release", "task"]))?;
    }
    Ok(())
}
