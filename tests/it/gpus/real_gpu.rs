//! `tests/real_gpu/run`, which checks gpumgr on a real GPU, with stand-ins for the driver, `nvidia-smi`, and CUDA.

use super::Machine;
use crate::support::{Ran, skipped};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const GPUMGR: &str = env!("CARGO_BIN_EXE_gpumgr");

fn repository(file: &str) -> String {
    format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))
}

/// The script's report on this gpumgr; `None` if there is no Python.
fn report(machine: &Machine, gpumgr: &str) -> Option<Ran> {
    if Command::new("python3").arg("--version").output().is_err() {
        skipped("there is no python3");
        return None;
    }
    let stand_ins = repository("tests/it/gpus/bin");
    let path = std::env::var("PATH").unwrap();
    let mut script = Command::new(repository("tests/real_gpu/run"));
    let own = machine.lab.path().join("bin");
    machine
        .isolate(script.arg(gpumgr))
        .env("PATH", format!("{}:{stand_ins}:{path}", own.display()))
        .env("CUDA_WORKER", format!("{stand_ins}/cuda-worker"));
    Some(Ran::of(script.output().unwrap()))
}

/// An executable of the lab.
fn program(machine: &Machine, name: &str, script: &str) -> String {
    fs::create_dir_all(machine.lab.join("bin")).unwrap();
    let path = machine.lab.join("bin").join(name);
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The names of the checks with that result.
fn checks<'a>(ran: &'a Ran, result: &str) -> Vec<&'a str> {
    let lines = ran.stdout.lines();
    let found = lines.filter_map(|line| line.strip_prefix(result)?.split_whitespace().next());
    found.collect()
}

#[test]
fn real_gpu_script_passes_on_the_stand_in() {
    let machine = Machine::with("count 2\n");
    let Some(ran) = report(&machine, GPUMGR) else {
        return;
    };
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("\n13 passed, 0 failed, 0 skipped in "),
        "{ran:?}"
    );
}

#[test]
fn real_gpu_script_skips_a_gpu_in_use() {
    let stranger = super::Stranger::new();
    let machine = Machine::with(&format!("count 1\n{}", stranger.on(0)));
    let Some(ran) = report(&machine, GPUMGR) else {
        return;
    };
    assert_eq!(ran.code, 0, "{ran:?}");
    let skipped = ["outside", "adopt", "inside", "drains", "idle"];
    assert_eq!(checks(&ran, "skip "), skipped, "{ran:?}");
}

/// Each check fails on its own lie, and no other check does.
#[test]
fn real_gpu_script_fails_on_lies() {
    let machine = Machine::with("count 2\n");
    let real = repository("tests/it/gpus/bin/nvidia-smi");
    let renamed = format!("#!/bin/sh\n{real} \"$@\" | sed 's/0001)$/0002)/'\n");
    program(&machine, "nvidia-smi", &renamed);
    let liar = format!(
        "#!/bin/sh
case \"$*\" in
*--gpu-model*) exit 3 ;;
'--allocate outside '*) exit 0 ;;
'--run inside '*) shift 5; exec \"$@\" ;;
'--allocate drained '*) exec {GPUMGR} --allocate drained --gpu-ids 1 ;;
esac
exec {GPUMGR} \"$@\"
"
    );
    let liar = program(&machine, "liar", &liar);
    let Some(ran) = report(&machine, &liar) else {
        return;
    };
    assert_eq!(ran.code, 1, "{ran:?}");
    let lies = ["uuids", "wrong_model", "outside", "inside", "drains"];
    assert_eq!(checks(&ran, "FAIL "), lies, "{ran:?}");
}
