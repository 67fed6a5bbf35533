//! What programs write.

use super::{Workshop, end, lives};
use crate::files::TinyDisk;
use crate::support::{happens, measured};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

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
            .join(&shop.machine.lab().log_of("t"))
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
    let log = lab.log_of("t");
    let last = || {
        lab.text_if_any(&log)
            .is_some_and(|log| log.contains("end\n"))
    };
    assert!(happens(|| lab.join(&format!("{log}.2")).exists() && last()));
    let logs = std::fs::read_dir(lab.join(&log).parent().unwrap())
        .unwrap()
        .flatten();
    let mut names: Vec<_> = logs
        .map(|log| log.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["t.log", "t.log.1", "t.log.2"]);
    // Whole lines, in order, from the oldest that is kept.
    let all: String = [".2", ".1", ""]
        .map(|aside| lab.read(&format!("{log}{aside}")))
        .concat();
    let numbers: Vec<u32> = all
        .lines()
        .filter(|line| line.len() < 9)
        .filter_map(|line| line.parse().ok())
        .collect();
    // Each has a thousand bytes, and three files have room for 49 each.
    assert!((98..=147).contains(&numbers.len()), "{numbers:?}");
    assert!(
        numbers.windows(2).all(|two| two[1] == two[0] + 1),
        "{numbers:?}"
    );
}

const MIB: u64 = 1 << 20;

/// How large the logs in that folder are together, which includes copies.
fn total(logs: &Path) -> u64 {
    let entries = fs::read_dir(logs).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => total(&entry.path()),
        found => found.map_or(0, |found| found.len()),
    });
    sizes.sum()
}

/// The log of a task, wherever it is below that folder.
fn log_of(task: &str, logs: &Path) -> Option<String> {
    let entries = fs::read_dir(logs).ok()?.flatten();
    let mut found = entries.filter_map(|entry| match entry.file_type().ok()?.is_dir() {
        true => log_of(task, &entry.path()),
        false if entry.file_name() == format!("{task}.log").as_str() => {
            let text = fs::read(entry.path()).ok()?;
            Some(String::from_utf8_lossy(&text).into_owned())
        }
        false => None,
    });
    found.next()
}

const FLOOD: &str = "command = \"sh script.sh\"\nlog_size = \"1MiB\"\nlog_count = 2";

#[test]
fn flood_of_output_never_exceeds_the_limits_of_its_log() {
    // With room for all that the log may take, and with less.
    for (disk, enough) in [("8m", MIB), ("2m", MIB / 2)] {
        let shop = Workshop::of_script("yes 'a line of output' & wait", "");
        let Some(_disk) = TinyDisk::of_size(disk, shop.machine.lab().join("disk")) else {
            return;
        };
        shop.configure("state_file = \"disk/resource_status.json\"", FLOOD, "");
        shop.ok(&["--init"]);
        shop.ok(&["--start-program", "t"]);
        let logs = shop.machine.lab().join("disk/logs");
        let began = Instant::now();
        let mut most = 0;
        for round in 0.. {
            let size = total(&logs);
            assert!(size <= 3 * MIB, "{size}");
            most = most.max(size);
            let other = format!("other{round}");
            shop.ok(&["--allocate", &other, "1"]);
            shop.ok(&["--release", &other]);
            if began.elapsed() >= Duration::from_secs(2) && most > enough {
                break;
            }
        }
        shop.ok(&["--stop-program", "t"]);
        assert!(total(&logs) <= 3 * MIB);
        assert!(happens(|| shop.writers("t").is_empty()));
        let free = shop.json(&["--status"])["totals"]["available_gpus"].clone();
        assert_eq!(free, 4);
    }
}

/// The log may grow larger than its disk.
#[test]
fn log_of_a_flood_leaves_room_for_the_state_on_its_disk() {
    let shop = Workshop::of_script("yes 'a line of output' & wait", "");
    let Some(disk) = TinyDisk::of_size("4m", shop.machine.lab().join("disk")) else {
        return;
    };
    let state = "state_file = \"disk/resource_status.json\"";
    shop.configure(state, "command = \"sh script.sh\"", "");
    shop.ok(&["--init"]);
    shop.ok(&["--start-program", "t"]);
    let logs = shop.machine.lab().join("disk/logs");
    assert!(happens(|| total(&logs) > 3 * MIB));
    for round in 0..100 {
        let other = format!("other{round}");
        shop.ok(&["--allocate", &other, "1"]);
        shop.ok(&["--release", &other]);
    }
    shop.ok(&["--stop-program", "t"]);
    drop(disk);
}

/// Mounts a file system that does not tell its size, until it is dropped.
struct Sizeless(std::path::PathBuf);

impl Sizeless {
    fn mounted_at(folder: std::path::PathBuf) -> Option<Self> {
        fs::create_dir(&folder).unwrap();
        let mut mount = std::process::Command::new("mount");
        let mount = mount.args(["-t", "ramfs", "none"]).arg(&folder).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            Some(Self(folder))
        } else {
            measured("nothing: no ramfs may be mounted here");
            None
        }
    }
}

impl Drop for Sizeless {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn log_is_written_on_a_disk_that_does_not_tell_its_size() {
    let shop = Workshop::of_script("echo out; sleep 600", "");
    let Some(_disk) = Sizeless::mounted_at(shop.machine.lab().join("disk")) else {
        return;
    };
    let state = "state_file = \"disk/resource_status.json\"";
    shop.configure(state, "command = \"sh script.sh\"", "");
    shop.ok(&["--init"]);
    shop.ok(&["--start-program", "t"]);
    assert_eq!(shop.ok(&["--logs", "t"]).stdout, "out\n");
    shop.ok(&["--stop-program", "t"]);
    let writers = || shop.writers("t");
    assert!(happens(|| writers().is_empty()));
}

/// Others fill the disk while the program writes, and it writes on.
#[test]
fn log_is_not_given_up_because_others_filled_the_disk() {
    let script = "yes 'a line of output' | head -c 1000000; \
                  until [ -e full ]; do sleep 0.05; done; echo last";
    let shop = Workshop::of_script(script, "");
    let Some(disk) = TinyDisk::of_size("16m", shop.machine.lab().join("disk")) else {
        return;
    };
    let state = "state_file = \"disk/resource_status.json\"";
    shop.configure(state, "command = \"sh script.sh\"", "");
    shop.ok(&["--init"]);
    shop.ok(&["--start-program", "t"]);
    let logs = shop.machine.lab().join("disk/logs");
    let written = || log_of("t", &logs).is_some_and(|log| log.len() == 1_000_000);
    assert!(happens(written));
    disk.fill();
    shop.machine.lab().write("full", "");
    // The note has room in the log's last page.
    let noted = "\n[gpumgr: 5 bytes of output were lost here]\n";
    let end = || log_of("t", &logs).and_then(|log| log.get(1_000_000..).map(str::to_owned));
    assert!(happens(|| end().as_deref() == Some(noted)), "{:?}", end());
    disk.empty();
    assert!(happens(|| shop.writers("t").is_empty()));
    assert!(happens(
        || shop.json(&["--status"])["totals"]["running_tasks"] == 0
    ));
    assert_eq!(end().as_deref(), Some(noted));
}

/// Counts, slowly enough that nothing is lost to rotation, and says how far it is in a file.
const COUNTS: &str =
    "i=0; while :; do i=$((i+1)); echo $i; echo $i > at.new; mv at.new at; sleep 0.01; done";

fn at(shop: &Workshop) -> u32 {
    let at = shop.machine.lab().text_if_any("at");
    at.map_or(0, |at| at.trim().parse().unwrap())
}

/// Waits until a number that the program has not reached yet stands in its log.
fn assert_written(shop: &Workshop) {
    let reached = at(shop) + 5;
    let logs = shop.machine.lab().join("logs");
    let is_written = || {
        let log = log_of("t", &logs).unwrap_or_default();
        log.lines().any(|line| line == reached.to_string())
    };
    assert!(happens(is_written), "{reached}");
}

#[test]
fn log_goes_on_whatever_is_killed_beside_the_program() {
    let shop = Workshop::of_script(COUNTS, "");
    shop.ok(&["--start-program", "t"]);
    let (supervisor, program) = shop.pids("t");
    assert_written(&shop);
    // The writer alone.
    let writers = shop.writers("t");
    assert_eq!(writers.len(), 1);
    end(writers[0]);
    assert!(happens(|| !lives(writers[0])));
    assert_written(&shop);
    // The supervisor alone.
    end(supervisor);
    assert!(happens(|| !lives(supervisor)));
    assert_written(&shop);
    // A new supervisor has the writer that there is.
    shop.ok(&["--start-program", "t"]);
    assert_written(&shop);
    assert_eq!(shop.writers("t").len(), 1);
    // Both.
    let (supervisor, same) = shop.pids("t");
    assert_eq!(same, program);
    end(supervisor);
    shop.writers("t").into_iter().for_each(end);
    assert!(happens(
        || shop.writers("t").is_empty() && !lives(supervisor)
    ));
    let before = at(&shop);
    assert!(happens(|| at(&shop) > before + 5), "it was ended");
    shop.ok(&["--start-program", "t"]);
    assert_written(&shop);
    shop.ok(&["--stop-program", "t"]);
    assert!(happens(|| shop.writers("t").is_empty()));
    let last = at(&shop);
    let text = log_of("t", &shop.machine.lab().join("logs")).unwrap();
    let numbers: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(numbers.contains(&last), "{last}");
}

#[test]
fn log_is_rotated_without_a_supervisor() {
    let script = "while ! [ -e go ]; do sleep 0.05; done; yes 'a line of output' & wait";
    let shop = Workshop::of_script(script, "log_size = \"1MiB\"\nlog_count = 2");
    shop.ok(&["--start-program", "t"]);
    let (supervisor, _) = shop.pids("t");
    end(supervisor);
    assert!(happens(|| !lives(supervisor)));
    shop.machine.lab().write("go", "");
    let logs = shop.machine.lab().join("logs");
    assert!(happens(|| total(&logs) > 2 * MIB));
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        let size = total(&logs);
        assert!(size <= 3 * MIB, "{size}");
    }
    shop.ok(&["--stop-program", "t"]);
    assert!(happens(|| shop.writers("t").is_empty()));
}

#[test]
fn program_that_closes_its_output_needs_no_writer() {
    let shop = Workshop::of_script("echo last; exec > /dev/null 2>&1; sleep 600", "");
    shop.ok(&["--start-program", "t"]);
    assert!(happens(|| shop.writers("t").is_empty()));
    assert_eq!(shop.ok(&["--logs", "t"]).stdout, "last\n");
    shop.ok(&["--stop-program", "t"]);
}

#[test]
fn lost_output_is_noted_when_there_is_room_again() {
    let script = "i=0; while :; do i=$((i+1)); printf '%01000d\\n' 0; echo $i > at.new; mv at.new at; sleep 0.01; done";
    let shop = Workshop::of_script(script, "");
    let Some(disk) = TinyDisk::of_size("1m", shop.machine.lab().join("disk")) else {
        return;
    };
    shop.configure(
        "state_file = \"disk/resource_status.json\"",
        "command = \"sh script.sh\"",
        "",
    );
    shop.ok(&["--init"]);
    shop.ok(&["--start-program", "t"]);
    disk.fill();
    let logs = shop.machine.lab().join("disk/logs");
    // More than the pipe holds and a page of the disk.
    let filled = at(&shop);
    assert!(happens(|| at(&shop) > filled + 200));
    disk.empty();
    let is_noted =
        || log_of("t", &logs).is_some_and(|log| log.contains("bytes of output were lost"));
    assert!(happens(is_noted));
    shop.ok(&["--stop-program", "t"]);
}

#[test]
fn litter_of_old_copies_is_swept() {
    let shop = Workshop::of_script("sleep 600", "");
    let lab = shop.machine.lab();
    fs::create_dir(lab.join("logs")).unwrap();
    for name in ["logs/.tmpAb12Cd", "logs/.tmpfile-of-mine"] {
        lab.write(name, "half a copy");
    }
    shop.ok(&["--start-program", "t"]);
    assert!(!lab.join("logs/.tmpAb12Cd").exists());
    assert!(lab.join("logs/.tmpfile-of-mine").exists());
    shop.ok(&["--stop-program", "t"]);
}
