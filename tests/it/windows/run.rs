//! `--run`: what its command gets, how it ends, and that nothing of it outlives gpumgr.

use crate::actor::acts;
use crate::processes;
use crate::support::{Lab, Ran, happens};
use std::process::{Child, Stdio};

fn small() -> Lab {
    Lab::with_config(
        "grace = \"1s\"\n[cluster]\nservers = 1\ngpus_per_server = 2\ncpus_per_server = 8\n",
    )
}

fn runs(lab: &Lab, more: &[&str], words: &[&str]) -> std::process::Command {
    let mut command = lab.command(&[&["--run", "t", "2", "8"], more, &["--"]].concat());
    command.args(acts(words));
    command
}

fn ran(lab: &Lab, more: &[&str], words: &[&str]) -> Ran {
    Ran::of(runs(lab, more, words).output().unwrap())
}

fn start(lab: &Lab, more: &[&str], words: &[&str]) -> Child {
    let mut command = runs(lab, more, words);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// The process that notes itself there.
fn noted(lab: &Lab, file: &str) -> u32 {
    assert!(happens(|| lab.join(file).exists()), "{file}");
    lab.read(file).parse().unwrap()
}

fn held(lab: &Lab) -> usize {
    let (_, status) = lab.json(&["--status"]);
    status["totals"]["running_tasks"].as_u64().unwrap() as usize
}

#[test]
fn the_command_is_given_its_gpus_and_gpumgr_ends_as_it_does() {
    let lab = small();
    for code in [0, 1, 7, 255] {
        let exit = format!("exit={code}");
        let ran = ran(&lab, &[], &["print=CUDA_VISIBLE_DEVICES", &exit]);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stdout.lines().any(|line| line == "0,1"), "{ran:?}");
        assert_eq!(held(&lab), 0);
    }
}

/// Codes have 32 bits here.
#[test]
fn a_code_of_more_than_a_byte_is_never_a_success() {
    let lab = small();
    for (own, told) in [("256", 255), ("-1", 255), ("-1073741510", 130)] {
        assert_eq!(
            ran(&lab, &[], &[&format!("exit={own}")]).code,
            told,
            "{own}"
        );
    }
}

#[test]
fn what_is_not_there_is_127_and_what_is_no_program_126() {
    let lab = small();
    lab.write("data.exe", "no program");
    for (word, code) in [
        ("surely-no-such-program", 127),
        (".\\absent.exe", 127),
        (".\\data.exe", 126),
    ] {
        let ran = lab.run(&["--run", "--", word]);
        assert_eq!(ran.code, code, "{word}: {ran:?}");
    }
    // With its ending or without.
    assert_eq!(lab.run(&["--run", "--", "cmd", "/c", "exit 3"]).code, 3);
    assert_eq!(lab.run(&["--run", "--", "cmd.exe", "/c", "exit 4"]).code, 4);
}

#[test]
fn when_gpumgr_is_ended_so_is_all_that_its_command_started() {
    let lab = small();
    let tree = ["start=2", "note=child", "stay", "note=parent", "stay"];
    let mut gpumgr = start(&lab, &[], &tree);
    let pids = [noted(&lab, "child"), noted(&lab, "parent")];
    assert!(!pids.iter().any(|pid| processes::is_gone(*pid)));
    processes::end(gpumgr.id());
    gpumgr.wait().unwrap();
    for pid in pids {
        assert!(happens(|| processes::is_gone(pid)), "{pid} lives on");
    }
    let next = lab.ok(&["--allocate", "next", "2", "8"]);
    assert!(next.stderr.contains("Freed t ("), "{next:?}");
    assert!(!lab.files().iter().any(|name| name.contains(".lease-")));
}

#[test]
fn what_the_command_leaves_behind_is_named_and_ends_with_gpumgr() {
    let lab = small();
    let leaves = ["start=2", "note=child", "stay", "until=child", "exit=3"];
    let ran = ran(&lab, &[], &leaves);
    let child = noted(&lab, "child");
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains(&child.to_string()), "{ran:?}");
    assert!(happens(|| processes::is_gone(child)));
}

#[test]
fn when_its_time_is_over_all_of_it_is_ended() {
    let lab = small();
    let tree = ["start=2", "note=child", "stay", "note=parent", "stay"];
    let ran = ran(&lab, &["--ttl", "1s"], &tree);
    assert_eq!(ran.code, 137, "{ran:?}");
    for file in ["child", "parent"] {
        let pid = noted(&lab, file);
        assert!(happens(|| processes::is_gone(pid)));
    }
    assert_eq!(held(&lab), 0);
}

/// A process ID alone tells no process: it is used again, and soon.
#[test]
fn an_allocation_ends_with_the_process_that_was_named() {
    let lab = small();
    let mut named = crate::actor::command(&["note=named", "read"])
        .current_dir(lab.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = noted(&lab, "named").to_string();
    lab.ok(&["--allocate", "t", "2", "8", "--pid", &pid]);
    assert_eq!(lab.run(&["--allocate", "other", "1", "1"]).code, 3);
    drop(named.stdin.take());
    named.wait().unwrap();
    lab.ok(&["--allocate", "other", "1", "1"]);
}
