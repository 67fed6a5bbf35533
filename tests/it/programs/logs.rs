//! What programs write.

use super::Workshop;
use crate::support::happens;
use std::process::Stdio;

#[test]
fn what_it_writes_can_be_read_while_it_runs_and_after() {
    let shop = Workshop::of_script("echo out; echo error >&2; sleep 600", "");
    assert_eq!(shop.run(&["--logs", "t"]).code, 5);
    shop.ok(&["--allocate", "t", "1"]);
    let ran = shop.run(&["--logs", "t"]);
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("has no program"), "{ran:?}");
    shop.ok(&["--start-program", "t"]);
    assert_eq!(shop.ok(&["--logs", "t"]).stdout, "out\nerror\n");
    shop.ok(&["--stop-program", "t"]);
    let logs = shop.json(&["--logs", "t"]);
    assert_eq!(logs["text"], "out\nerror\n");
    assert_eq!(
        logs["log"],
        shop.machine
            .lab()
            .join("logs/t.log")
            .canonicalize()
            .unwrap()
            .to_str()
            .unwrap()
    );
}

#[test]
fn following_goes_on_until_the_program_has_ended() {
    let script = "echo one; while ! [ -e go ]; do sleep 0.05; done; echo 二; sleep 1.2; echo three";
    let shop = Workshop::of_script(script, "");
    shop.ok(&["--start-program", "t"]);
    let follows = shop
        .machine
        .command(&["--logs", "t", "--follow"])
        .stdout(Stdio::piped())
        .spawn();
    shop.machine.lab().write("go", "");
    let followed = follows.unwrap().wait_with_output().unwrap();
    assert!(followed.status.success());
    assert_eq!(
        String::from_utf8(followed.stdout).unwrap(),
        "one\n二\nthree\n"
    );
    assert!(shop.task("t").is_none());
}

#[test]
fn a_reader_that_has_seen_enough_ends_it() {
    let shop = Workshop::of_script("while :; do echo line; sleep 0.01; done", "");
    shop.ok(&["--start-program", "t"]);
    let mut follows = shop.machine.command(&["--logs", "t", "--follow"]);
    let mut follows = follows.stdout(Stdio::piped()).spawn().unwrap();
    drop(follows.stdout.take());
    assert!(follows.wait().unwrap().success());
}

#[test]
fn a_large_log_is_put_aside_and_few_are_kept() {
    let script = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; printf '%0999d\\n' 0; \
                  [ $((i % 100)) = 0 ] && sleep 1.3; done; echo end; sleep 600";
    let shop = Workshop::of_script(script, "log_size = \"50KB\"\nlog_count = 2");
    shop.ok(&["--start-program", "t"]);
    let lab = shop.machine.lab();
    let last = || {
        lab.text_if_any("logs/t.log")
            .is_some_and(|log| log.contains("end\n"))
    };
    assert!(happens(|| lab.join("logs/t.log.2").exists() && last()));
    let logs = std::fs::read_dir(lab.join("logs")).unwrap().flatten();
    let mut names: Vec<_> = logs
        .map(|log| log.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["t.log", "t.log.1", "t.log.2"]);
    // Whole lines, in order, from the oldest that is kept.
    let all: String = ["t.log.2", "t.log.1", "t.log"]
        .map(|name| lab.read(&format!("logs/{name}")))
        .concat();
    let numbers: Vec<u32> = all
        .lines()
        .filter(|line| line.len() < 9)
        .filter_map(|line| line.parse().ok())
        .collect();
    assert!(numbers.len() >= 200, "{numbers:?}");
    assert!(
        numbers.windows(2).all(|two| two[1] == two[0] + 1),
        "{numbers:?}"
    );
}
