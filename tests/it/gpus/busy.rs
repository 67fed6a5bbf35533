//! GPUs that are free on paper alone.

use super::{Machine, Stranger};
use crate::people::is_root;
use crate::support::{happens, skipped};
use std::process::Command;

#[test]
fn a_gpu_with_a_strangers_process_is_skipped_until_that_ends() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(4, "", &format!("count 4\n{}", stranger.on(0)));
    assert_eq!(machine.granted(&["a", "2"]), [1, 2]);
    assert_eq!(machine.reason(0), "busy");
    stranger.ends();
    machine.becomes("count 4\n");
    assert_eq!(machine.granted(&["b", "1"]), [0]);
}

#[test]
fn a_refusal_that_is_due_to_it_says_so_and_what_helps() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(2, "", &format!("count 2\n{}", stranger.on(1)));
    for arguments in [
        &["--allocate", "t", "2"][..],
        &["--allocate", "t", "--gpu-ids", "1"],
    ] {
        let ran = machine.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ran:?}");
        let expected = [
            "Free on paper, but not granted on s:".to_owned(),
            format!(
                "GPU 1 is used outside gpumgr: sleep (PID {}",
                stranger.pid()
            ),
            format!("gpumgr --adopt TASK --pid {}", stranger.pid()),
        ];
        for words in expected {
            assert!(ran.stderr.contains(&words), "{words}: {ran:?}");
        }
    }
    // One that has nothing to do with it does not.
    let ran = machine.run(&["--allocate", "t", "1", "--prefer-server", "nowhere"]);
    assert!(!ran.stderr.contains("on paper"), "{ran:?}");
    assert_eq!(machine.lab.state_if_any(), None);
}

#[test]
fn what_the_config_ignores_does_not_count() {
    let stranger = Stranger::new();
    let user = machine_user();
    let gpus = format!("count 1\n{}", stranger.on(0));
    for (ignored, granted) in [
        ("\"sleep\"".to_owned(), true),
        (format!("\"{user}:sleep\""), true),
        ("\"nobody-else:sleep\"".to_owned(), false),
        ("\"sleeper\", \"slee\"".to_owned(), false),
    ] {
        let keys = format!("[gpu]\nignore = [{ignored}]");
        let machine = Machine::with_server(1, &keys, &gpus);
        let code = machine.run(&["--allocate", "t"]).code;
        assert_eq!(code == 0, granted, "{ignored}");
    }
}

fn machine_user() -> String {
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
    String::from_utf8(user).unwrap().trim().to_owned()
}

#[test]
fn what_only_draws_is_no_obstacle_and_its_memory_is_explained() {
    let screen = Stranger::new();
    let draws = format!(
        "count 1\ngpu 0 draws {} 900\ngpu 0 used 950\n",
        screen.pid()
    );
    let machine = Machine::with_server(1, "", &draws);
    assert_eq!(machine.granted(&["t"]), [0]);
}

#[test]
fn memory_that_nobody_explains_counts_as_busy_until_it_is_gone() {
    let machine = Machine::with_server(1, "", "count 1\ngpu 0 used 3000\n");
    assert_eq!(machine.reason(0), "draining");
    let ran = machine.run(&["--allocate", "t"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("3000 MiB of its memory"), "{ran:?}");
    machine.becomes("count 1\ngpu 0 used 4\n");
    assert_eq!(machine.granted(&["t"]), [0]);
}

#[test]
fn how_much_memory_is_little_is_the_configs_to_say() {
    for (limit, reason) in [("2GiB", "draining"), ("4GiB", "none")] {
        let keys = format!("[gpu]\nidle_memory = \"{limit}\"");
        let machine = Machine::with_server(1, &keys, "count 1\ngpu 0 used 3000\n");
        assert_eq!(machine.reason(0), reason, "{limit}");
    }
}

#[test]
fn what_a_released_task_left_running_keeps_its_gpu_busy() {
    let own = Stranger::new();
    let machine = Machine::with_server(2, "", "count 2\n");
    assert_eq!(machine.granted(&["t"]), [0]);
    machine.becomes(&format!("count 2\n{}", own.on(0)));
    assert_eq!(machine.reason(0), "none");
    machine.ok(&["--release", "t"]);
    assert_eq!(machine.reason(0), "busy");
    assert_eq!(machine.granted(&["u"]), [1]);
}

/// Whatever it did to escape its run, the driver tells of it.
#[test]
fn process_that_escaped_its_run_keeps_its_gpu_from_the_next() {
    let escaped = Stranger::new();
    let machine = Machine::with_server(2, "", "count 2\n");
    let on_gpu = format!("count 2\n{}", escaped.on(0));
    machine.lab.write("gpus.new", on_gpu);
    machine.ok(&["--run", "t", "1", "--", "mv", "gpus.new", "gpus"]);
    assert_eq!(machine.reason(0), "busy");
    assert_eq!(machine.granted(&["u"]), [1]);
    assert_eq!(machine.run(&["--allocate", "v"]).code, 3);
    escaped.ends();
    machine.becomes("count 2\n");
    assert_eq!(machine.granted(&["v"]), [0]);
}

#[test]
fn an_owners_processes_on_their_gpus_are_their_own() {
    let own = Stranger::new();
    let machine = Machine::with_server(1, "", "count 1\n");
    machine.ok(&["--allocate", "t"]);
    machine.becomes(&format!("count 1\n{}", own.on(0)));
    assert_eq!(machine.gpus()[0]["processes"][0]["of_task"], true);
    let shown = machine.ok(&["--status"]).stdout;
    assert!(!shown.contains("outside gpumgr"), "{shown}");
}

#[test]
fn another_users_process_on_a_held_gpu_is_shown_as_outside() {
    if !is_root() {
        return skipped("only root can be somebody else");
    }
    let mut sleep = Command::new("setpriv");
    sleep.args(["--reuid", "54321", "--clear-groups", "sleep", "600"]);
    let other = Stranger::of(&mut sleep);
    let machine = Machine::with_server(1, "", "count 1\n");
    machine.ok(&["--allocate", "t"]);
    machine.becomes(&format!("count 1\n{}", other.on(0)));
    let is_theirs = || machine.gpus()[0]["processes"][0]["user"] == "54321";
    assert!(happens(is_theirs));
    assert_eq!(machine.gpus()[0]["processes"][0]["of_task"], false);
    let shown = machine.ok(&["--status"]).stdout;
    assert!(shown.contains("54321), 3000 MiB"), "{shown}");
    assert!(shown.contains(", outside gpumgr"), "{shown}");
}

#[test]
fn all_that_a_run_started_is_the_tasks_and_nothing_else_is() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(2, "", "count 2\n");
    // The command's own child computes; the command itself does not.
    let script = "sleep 600 & echo $! > new; mv new pid; wait";
    let mut run = machine
        .command(&["--run", "t", "2", "--", "sh", "-c", script])
        .spawn()
        .unwrap();
    assert!(happens(|| machine.lab.join("pid").exists()));
    let child = machine.lab.read("pid");
    let child: u32 = child.trim().parse().unwrap();
    machine.becomes(&format!(
        "count 2\ngpu 0 process {child} 100\ngpu 1 process {} 100\n",
        stranger.pid()
    ));
    let gpus = machine.gpus();
    assert_eq!(gpus[0]["processes"][0]["of_task"], true);
    assert_eq!(gpus[1]["processes"][0]["of_task"], false);
    // What outlives gpumgr and its own parent is still the task's.
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(machine.gpus()[0]["processes"][0]["of_task"], true);
    let child = nix::unistd::Pid::from_raw(child.try_into().unwrap());
    nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[test]
fn books_are_not_trusted_with_what_is_known_to_be_busy() {
    let stranger = Stranger::new();
    let keys = "[gpu]\ntrust_bookkeeping = true";
    let gpus = format!("count 2\ngpu 1 fail processes 999\n{}", stranger.on(0));
    let machine = Machine::with_server(2, keys, &gpus);
    assert_eq!(machine.granted(&["t"]), [1]);
    assert_eq!(machine.run(&["--allocate", "u"]).code, 3);
}
