//! The whole of it, as a newcomer would do it.

use super::{Machine, Stranger, ids};
use crate::support::happens;
use std::process::Command;

/// What a shell does with this line.
fn shell(machine: &Machine, line: &str) -> crate::support::Ran {
    let gpumgr = machine.command(&[]);
    let mut command = Command::new("sh");
    machine.isolate(command.args(["-c", line]));
    let folder = std::path::Path::new(gpumgr.get_program()).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.display()));
    crate::support::Ran::of(command.output().unwrap())
}

#[test]
fn a_stranger_and_a_lost_gpu_among_eight() {
    let stranger = Stranger::new();
    let machine = Machine::with(&format!("count 8\ngpu 3 fail all 15\n{}", stranger.on(1)));
    let ran = shell(
        &machine,
        "gpumgr --detect > config.toml && gpumgr --init && gpumgr --allocate t 4",
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("GPU IDs: [0, 2, 4, 5]"), "{ran:?}");

    let status = machine.ok(&["--status"]).stdout;
    let pid = stranger.pid();
    let explained = [
        format!("GPU 1 is used outside gpumgr: sleep (PID {pid}, "),
        "3000 MiB".to_owned(),
        "GPU 3 cannot be read: ".to_owned(),
        format!("gpumgr --adopt TASK --pid {pid} makes a task of that process"),
        "ignore = [".to_owned(),
    ];
    for words in explained {
        assert!(status.contains(&words), "{words}: {status}");
    }

    let adopted = machine.json(&["--adopt", "theirs", "--pid", &pid.to_string()]);
    assert_eq!(ids(&adopted["gpu_ids"]), [1]);
    let gpus = machine.gpus();
    assert_eq!(gpus[1]["task_id"], "theirs");
    assert_eq!(gpus[1]["processes"][0]["of_task"], true);

    stranger.ends();
    machine.becomes("count 8\ngpu 3 fail all 15\n");
    let granted = machine.ok(&["--allocate", "next"]);
    assert!(granted.stderr.contains("Freed theirs"), "{granted:?}");
    assert!(happens(|| machine.reason(3) == "unknown"));
    assert_eq!(
        ids(&machine.lab.state()["servers"][0]["available_gpus"]),
        [3, 6, 7]
    );
}
