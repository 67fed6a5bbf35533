//! The `gpumgr` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    gpumgr::run(&arguments)
}
