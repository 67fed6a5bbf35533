//! Many write at once, and the log is put aside again and again.

use super::*;
use std::collections::HashSet;
use std::fs;
use std::thread;

const WRITERS: usize = 16;

fn rounds() -> usize {
    crate::support::amount("GPUMGR_TEST_ROUNDS", 8)
}

fn name(number: usize) -> String {
    match number {
        0 => LOG.to_owned(),
        number => format!("{LOG}.{number}"),
    }
}

/// All files of the log, the newest first.
fn files(lab: &Lab) -> Vec<String> {
    let exists = |name: &String| lab.join(name).exists();
    (0..).map(name).take_while(exists).collect()
}

fn rotating(size: &str, count: u32) -> Lab {
    let lab = Lab::with_config(&format!(
        "[cluster]\nservers = {WRITERS}\ngpus_per_server = 1\ncpus_per_server = 1\n\
         [log]\nsize = \"{size}\"\ncount = {count}\n"
    ));
    lab.ok(&["--init"]);
    lab
}

/// Each writer allocates and gives back, again and again, and is refused in between.
fn all_write(lab: &Lab) {
    let rounds = rounds();
    let write = |writer: usize| {
        for round in 0..rounds {
            let task = format!("w{writer}r{round}");
            lab.ok(&["--allocate", &task, "1", "1"]);
            assert_eq!(lab.run(&["--allocate", &task, "1", "1"]).code, 6);
            lab.ok(&["--release", &task]);
        }
    };
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || write(writer));
        }
    });
}

#[test]
fn sixteen_writers_lose_no_line_and_tear_none() {
    let lab = rotating("1KB", 1000);
    all_write(&lab);
    let files = files(&lab);
    assert!(files.len() > rounds(), "{files:?}");
    let all: Vec<_> = files
        .iter()
        .flat_map(|file| events_in(&lab, file))
        .collect();
    let changes = WRITERS * rounds() * 2;
    assert_eq!(all.len(), changes + 1, "with the one that made the state");
    let key = |event: &Value| format!("{} {} {}", event["action"], event["task"], event["error"]);
    let distinct: HashSet<_> = all.iter().map(key).collect();
    assert_eq!(distinct.len(), changes + 1);
    let refused = events_in(&lab, REFUSED).len();
    assert_eq!(refused, (WRITERS * rounds()).min(100));
    assert_eq!(history(&lab, &[]).len(), changes + 1 + refused);
    assert!(!lab.has_litter());
    if crate::support::is_wine() {
        return crate::support::skipped("who waits too long there lets the log grow on");
    }
    for file in &files {
        assert!(
            fs::metadata(lab.join(file)).unwrap().len() <= 1000,
            "{file}"
        );
    }
}

#[test]
fn no_more_are_kept_than_the_config_says() {
    let lab = rotating("1KB", 2);
    all_write(&lab);
    assert_eq!(files(&lab), [LOG, "gpu_manager.log.1", "gpu_manager.log.2"]);
    for file in files(&lab) {
        events_in(&lab, &file);
    }
    // Fewer, from the next time on.
    let config = lab.read("config.toml").replace("count = 2", "count = 1");
    lab.write("config.toml", config);
    while lab.join("gpu_manager.log.2").exists() {
        lab.ok(&["--allocate", "t", "1", "1"]);
        lab.ok(&["--release", "t"]);
    }
    assert_eq!(files(&lab), [LOG, "gpu_manager.log.1"]);
}

#[test]
fn what_was_put_aside_is_read_in_order() {
    let lab = rotating("1KB", 50);
    let mut expected = vec!["init -".to_owned()];
    for round in 0..12 {
        let task = format!("t{round}");
        lab.ok(&["--allocate", &task, "1", "1"]);
        lab.ok(&["--release", &task]);
        expected.extend([format!("allocate {task}"), format!("release {task}")]);
    }
    assert!(files(&lab).len() > 3);
    assert_eq!(deeds(&history(&lab, &[])), expected);
    assert_eq!(
        deeds(&history(&lab, &["t0"])),
        ["allocate t0", "release t0"]
    );
}

/// What a limit on the size of files would make a signal of.
#[cfg(unix)]
#[test]
fn a_log_larger_than_a_file_may_be_is_put_aside() {
    let lab = Lab::new();
    lab.ok(&["--init"]);
    let line = "{\"none\": \"of ours\"}\n";
    lab.write(LOG, line.repeat(16 * 1024 / line.len() + 1));
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "ulimit -f 16 && exec \"$0\" --allocate t 1 1"])
        .arg(lab.command(&[]).get_program());
    let ran = crate::support::Ran::of(lab.isolate(&mut limited).output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(deeds(&events(&lab)), ["allocate t"]);
    assert_eq!(files(&lab).len(), 2);
}
