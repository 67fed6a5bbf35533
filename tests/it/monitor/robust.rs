//! What a monitor survives.

use super::{Monitor, Workshop, uses};
use crate::files::TinyDisk;
use crate::programs::{COMMAND, end};
use crate::support::happens;
use nix::sys::signal::Signal;
use std::fs;

fn said(shop: &Workshop) -> String {
    shop.machine.lab().read("said")
}

/// It is at work: what lapses is freed though nobody else acts.
fn is_at_work(shop: &Workshop) -> bool {
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    happens(|| shop.task("lapsing").is_none())
}

#[test]
fn a_hang_up_reads_the_config_anew_and_a_broken_one_changes_nothing() {
    let shop = Workshop::new();
    shop.ok(&["--init"]);
    let mut monitor = Monitor::of(&shop);
    shop.machine.configure("this is no config");
    monitor.send(Signal::SIGHUP);
    assert!(
        happens(|| said(&shop).contains("is not valid")),
        "{}",
        said(&shop)
    );
    let log = || shop.machine.lab().read("gpu_manager.log");
    assert!(
        happens(|| log().contains("\"error\":\"config\"")),
        "{}",
        log()
    );
    shop.configure("", COMMAND, "[auto]\nprograms = [\"a\"]\n");
    assert!(is_at_work(&shop));
    monitor.send(Signal::SIGHUP);
    assert!(happens(|| shop.notes("a").len() == 1));
    // Another state is another monitor's.
    shop.configure("state_file = \"other.json\"", COMMAND, "");
    monitor.send(Signal::SIGHUP);
    assert!(
        happens(|| said(&shop).contains("other.json")),
        "{}",
        said(&shop)
    );
    assert!(monitor.runs());
}

#[test]
fn a_damaged_state_is_waited_out() {
    let shop = Workshop::new();
    shop.ok(&["--start-program", "t"]);
    let mut monitor = Monitor::of(&shop);
    let whole = shop.machine.lab().state_text();
    shop.machine
        .lab()
        .write("resource_status.json", "{\"servers\": ");
    assert!(
        happens(|| said(&shop).contains("is damaged")),
        "{}",
        said(&shop)
    );
    assert!(monitor.runs());
    // It is told once, however often it is seen.
    shop.machine.lab().write("resource_status.json", &whole);
    assert!(is_at_work(&shop));
    assert_eq!(said(&shop).matches("is damaged").count(), 1);
    shop.ok(&["--stop-program", "t"]);
}

#[test]
fn a_lost_gpu_is_not_granted_and_stops_nothing() {
    let shop = super::scaling("");
    uses(&shop, [100; 4]);
    shop.ok(&["--start-program", "t"]);
    let mut monitor = Monitor::of(&shop);
    // The next one in line fell off the bus.
    shop.machine
        .becomes("count 4\ngpu 0 use 100\ngpu 1 fail all 15\ngpu 2 use 100\ngpu 3 use 100\n");
    assert!(happens(|| shop
        .gpus("t")
        .is_some_and(|gpus| gpus.contains(&3))));
    assert_eq!(shop.gpus("t"), Some(vec![0, 2, 3]));
    assert!(monitor.runs());
}

#[test]
fn a_driver_that_hangs_stops_nothing() {
    let shop = Workshop::with("", COMMAND, "[gpu]\ntimeout = \"900ms\"");
    shop.ok(&["--init"]);
    let mut monitor = Monitor::of(&shop);
    shop.machine.becomes("count 4\ngpu 0 slow 100000\n");
    assert!(is_at_work(&shop));
    assert!(monitor.runs());
}

#[test]
fn a_folder_that_cannot_be_written_is_waited_out() {
    let shop = Workshop::new();
    shop.ok(&["--init"]);
    let mut monitor = Monitor::of(&shop);
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    // Also root cannot put a file in the place of a folder that is in its way.
    let lab = shop.machine.lab();
    let state = lab.state_text();
    fs::rename(lab.join("resource_status.json"), lab.join("kept")).unwrap();
    fs::create_dir(lab.join("resource_status.json")).unwrap();
    assert!(
        happens(|| said(&shop).contains("resource_status.json")),
        "{}",
        said(&shop)
    );
    fs::remove_dir(lab.join("resource_status.json")).unwrap();
    lab.write("resource_status.json", state);
    assert!(happens(|| shop.task("lapsing").is_none()));
    assert!(monitor.runs());
}

#[test]
fn without_a_state_it_makes_none_and_waits_for_one() {
    let shop = Workshop::new();
    let _monitor = Monitor::of(&shop);
    assert!(shop.machine.lab().state_if_any().is_none());
    assert!(is_at_work(&shop));
}

#[test]
fn a_full_disk_is_waited_out_and_nothing_is_told_falsely() {
    let shop = Workshop::new();
    let Some(disk) = TinyDisk::mounted_at(shop.machine.lab().join("disk")) else {
        return;
    };
    shop.configure("state_file = \"disk/resource_status.json\"", COMMAND, "");
    shop.ok(&["--init"]);
    let mut monitor = Monitor::of_state(&shop, "disk/.resource_status.json.monitor");
    shop.ok(&["--start-program", "t"]);
    let status = || shop.json(&["--detail"])["servers"][0]["running_tasks"].clone();
    let pid = status()[0]["program"]["pid"].as_u64().unwrap();
    shop.ok(&["--allocate", "lapsing", "1", "--ttl", "1s"]);
    disk.fill();
    end(u32::try_from(pid).unwrap());
    let is_free = || said(&shop).contains("disk/");
    assert!(happens(is_free), "{}", said(&shop));
    // What cannot be written down is held.
    assert_eq!(status()[0]["task_id"], "t");
    assert!(monitor.runs());
    disk.empty();
    assert!(happens(|| status().as_array().unwrap().is_empty()));
    let log = || shop.machine.lab().read("disk/gpu_manager.log");
    let failed = |line: &str| line.contains("\"end\"") && line.contains("\"how\":\"failed\"");
    assert!(happens(|| log().lines().any(failed)), "{}", log());
}

#[test]
fn hang_up_without_its_config_keeps_the_settings_and_says_so() {
    let shop = Workshop::new();
    shop.ok(&["--init"]);
    let mut monitor = Monitor::of(&shop);
    let lab = shop.machine.lab();
    fs::rename(lab.join("config.toml"), lab.join("kept.toml")).unwrap();
    monitor.send(Signal::SIGHUP);
    let goes_on = "goes on with the settings";
    assert!(happens(|| said(&shop).contains(goes_on)), "{}", said(&shop));
    assert!(said(&shop).contains("config.toml"), "{}", said(&shop));
    let log = || lab.read("gpu_manager.log");
    let is_logged = || log().contains("\"error\":\"config\"");
    assert!(happens(is_logged), "{}", log());
    assert!(!log().contains("read its config anew"), "{}", log());
    // A config that is another program's by now is none either.
    lab.write("config.toml", "title = \"not gpumgr's\"\n");
    monitor.send(Signal::SIGHUP);
    assert!(happens(|| said(&shop).matches(goes_on).count() == 2));
    // The state is the one that it has looked after.
    fs::rename(lab.join("kept.toml"), lab.join("config.toml")).unwrap();
    assert!(is_at_work(&shop));
    assert!(monitor.runs());
    // A broken one is not told otherwise.
    shop.machine.configure("this is no config");
    monitor.send(Signal::SIGHUP);
    assert!(happens(|| said(&shop).matches(goes_on).count() == 3));
    for (language, words) in [
        ("zh", "继续使用原有设置"),
        ("ja", "これまでの設定で続けます"),
    ] {
        shop.configure("", COMMAND, "");
        drop(monitor);
        monitor = Monitor::with(&shop, &["--lang", language]);
        fs::remove_file(lab.join("config.toml")).unwrap();
        monitor.send(Signal::SIGHUP);
        assert!(happens(|| said(&shop).contains(words)), "{}", said(&shop));
    }
}
