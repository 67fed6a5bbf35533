//! Many who wait, all of one user, and how they are woken.

use super::*;
use crate::support::amount;
use std::os::unix::fs::{FileTypeExt, symlink};

/// One user may have 128 inotify instances on most systems.
fn many() -> usize {
    amount("GPUMGR_TEST_WAITERS", 140)
}

fn wake_files(lab: &Lab) -> Vec<String> {
    let mut files = lab.files();
    files.retain(|name| name.contains(".wake-"));
    files
}

/// Where the process's descriptors lead.
fn open_files(process: &Process) -> Vec<String> {
    let folder = fs::read_dir(format!("/proc/{}/fd", process.pid())).unwrap();
    let links = folder.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    let links = links.map(|link| link.to_string_lossy().into_owned());
    links.collect()
}

#[test]
fn more_waiters_than_inotify_instances_all_run_in_order() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let count = many();
    let waiters: Vec<_> = (0..count)
        .map(|number| {
            let task = format!("w{number}");
            let write = ["--wait", "--", "sh", "-c", "echo $GPUMGR_TASK_ID >> order"];
            let asked = [&["--run", &task, "8", "1"][..], &write].concat();
            Process::start(&mut lab.command(&asked))
        })
        .collect();
    for sleeping in 1..=count {
        let sleep = || wake_files(&lab).len() >= sleeping;
        assert!(happens(sleep), "{sleeping}: {:?}", queued(&lab));
    }
    for waiter in &waiters {
        let open = open_files(waiter);
        assert!(open.iter().any(|file| file.contains(".wake-")), "{open:?}");
        assert!(
            !open.iter().any(|file| file.contains("inotify")),
            "{open:?}"
        );
    }
    let queue = lab.json(&["--queue"]).1["queue"].clone();
    let queue = names(list(&queue).iter());
    lab.ok(&["--release", "holder"]);
    for ran in 1..=count {
        let ran_so_many = || {
            lab.text_if_any("order")
                .is_some_and(|text| text.lines().count() >= ran)
        };
        assert!(happens(ran_so_many), "{ran}: {:?}", queued(&lab));
    }
    for mut waiter in waiters {
        assert_eq!(waiter.ends().code, 0, "{}", waiter.complained());
    }
    assert_eq!(lab.read("order").lines().collect::<Vec<_>>(), queue);
    assert_nothing_is_left(&lab);
}

#[test]
fn wake_up_of_killed_waiter_is_swept() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let mut waiter = How::Allocate.joins(&lab, "w", 8, &[]);
    assert!(happens(|| wake_files(&lab).len() == 1));
    let wake = lab.join(&wake_files(&lab)[0]);
    assert!(fs::symlink_metadata(wake).unwrap().file_type().is_fifo());
    waiter.kill();
    lab.ok(&["--release", "holder"]);
    assert_nothing_is_left(&lab);
}

#[test]
fn link_in_the_place_of_a_wake_up_is_not_followed() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let mut waiter = How::Allocate.joins(&lab, "w", 8, &[]);
    assert!(happens(|| wake_files(&lab).len() == 1));
    let wake = lab.join(&wake_files(&lab)[0]);
    fs::remove_file(&wake).unwrap();
    lab.write("precious", "mine\n");
    symlink("precious", &wake).unwrap();
    lab.ok(&["--release", "holder"]);
    // It looks by itself, too.
    How::Allocate.is_granted(&lab, "w", &mut waiter);
    assert_eq!(lab.read("precious"), "mine\n");
}

#[test]
fn strangers_wake_up_changes_nothing() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1"]);
    let mut waiter = How::Allocate.joins(&lab, "w", 8, &[]);
    assert!(happens(|| wake_files(&lab).len() == 1));
    let wake = lab.join(&wake_files(&lab)[0]);
    for _ in 0..20 {
        fs::write(&wake, [b'\n'; 10_000]).unwrap();
    }
    assert_eq!(queued(&lab), ["w"]);
    lab.ok(&["--cancel", "w"]);
    let left = waiter.ends();
    assert_eq!(left.code, How::Allocate.exit_when_refused(), "{left:?}");
}

#[test]
fn grant_of_stopped_waiter_goes_to_the_next() {
    for how in How::BOTH {
        let lab = servers(1);
        lab.ok(&["--allocate", "holder", "8", "1"]);
        let mut stopped = how.joins(&lab, "stopped", 8, &[]);
        let mut next = How::Allocate.joins(&lab, "next", 8, &[]);
        stopped.stop();
        lab.ok(&["--release", "holder"]);
        assert_eq!(holders(&lab), ["stopped"]);
        How::Allocate.is_granted(&lab, "next", &mut next);
        // It joins again at its old place, before one who came later.
        let _last = How::Allocate.joins(&lab, "last", 8, &[]);
        stopped.go_on();
        assert!(
            happens(|| queued(&lab).len() == 2),
            "{}",
            stopped.complained()
        );
        assert_eq!(place_and_reason(&lab, "stopped").unwrap().0, 1);
        lab.ok(&["--release", "next"]);
        how.is_granted(&lab, "stopped", &mut stopped);
    }
}

#[test]
fn waiters_far_behind_step_in_for_killed_housekeepers() {
    let lab = servers(1);
    lab.ok(&["--allocate", "holder", "8", "1", "--ttl", "4s"]);
    let mut waiters: Vec<_> = (0..5)
        .map(|number| How::Allocate.joins(&lab, &format!("w{number}"), 8, &[]))
        .collect();
    for waiter in &mut waiters[..4] {
        waiter.kill();
    }
    How::Allocate.is_granted(&lab, "w4", &mut waiters[4]);
}
