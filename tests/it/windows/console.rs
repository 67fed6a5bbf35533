//! Ctrl-C and Ctrl-Break, in a console without a window.

use crate::actor::acts;
use crate::support::{Lab, happens, is_wine, skipped};
use std::fs::File;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, Stdio};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;
use windows_sys::core::BOOL;

/// What all who use this console hear, this process included, which does not mind.
#[allow(unsafe_code, reason = "the standard library knows no console")]
pub(crate) fn send(interrupt: bool) {
    extern "system" fn ignore(_said: u32) -> BOOL {
        1
    }
    let said = if interrupt {
        CTRL_C_EVENT
    } else {
        CTRL_BREAK_EVENT
    };
    // SAFETY: the handler is a function, and the rest are numbers.
    unsafe {
        assert_ne!(SetConsoleCtrlHandler(Some(ignore), 1), 0);
        assert_ne!(GenerateConsoleCtrlEvent(said, 0), 0);
    }
}

/// These arguments of gpumgr in a console of their own, to which that is sent once `go` is there.
fn start(lab: &Lab, what: &str, arguments: &[&str]) -> Child {
    let own = acts(&[&format!("{what}=go")]);
    let gpumgr = [&[env!("CARGO_BIN_EXE_gpumgr")], arguments].concat();
    let words = gpumgr.into_iter().map(|word| format!("act:{word}"));
    let mut command = Command::new(&own[0]);
    command.args(&own[1..]).args(words).current_dir(lab.path());
    command
        .creation_flags(CREATE_NO_WINDOW)
        .stdin(Stdio::null());
    let said = File::create(lab.join("said")).unwrap();
    command.stdout(said.try_clone().unwrap()).stderr(said);
    command.spawn().unwrap()
}

/// Its exit code.
fn ends(lab: &Lab, mut child: Child) -> i32 {
    let over = happens(|| child.try_wait().unwrap().is_some());
    if !over {
        let _ = child.kill();
    }
    assert!(over, "it does not end: {}", lab.read("said"));
    child.wait().unwrap().code().unwrap()
}

fn queued(lab: &Lab) -> usize {
    lab.json(&["--queue"]).1["queue"].as_array().unwrap().len()
}

#[test]
fn whoever_waits_leaves_the_queue() {
    for (what, code) in [("interrupt", 130), ("break", 149)] {
        if what == "break" && is_wine() {
            return skipped("wine sends no Ctrl-Break");
        }
        let lab = Lab::with_config("[cluster]\nservers = 1\n");
        lab.ok(&["--allocate", "holder", "8"]);
        let waiter = start(&lab, what, &["--allocate", "waits", "8", "--wait"]);
        assert!(happens(|| queued(&lab) == 1));
        // It is told its place once it listens.
        assert!(happens(|| lab.read("said").contains("place")));
        lab.write("go", "");
        assert_eq!(ends(&lab, waiter), code, "{what}: {}", lab.read("said"));
        assert_eq!(queued(&lab), 0);
        assert_eq!(lab.json(&["--status"]).1["totals"]["running_tasks"], 1);
    }
}

/// The command hears it, too, and what it makes of it is the end of both.
#[test]
fn a_run_ends_as_its_command_does_and_gives_back() {
    let lab = Lab::with_config("[cluster]\nservers = 1\n");
    let command = acts(&["note=runs", "stay"]);
    let command = command.iter().map(String::as_str);
    let arguments: Vec<_> = ["--run", "t", "2", "--"]
        .into_iter()
        .chain(command)
        .collect();
    let run = start(&lab, "interrupt", &arguments);
    assert!(happens(|| lab.join("runs").exists()));
    lab.write("go", "");
    let ended = ends(&lab, run);
    // Whoever does not listen ends with another code under wine.
    let code = if is_wine() { 0 } else { 130 };
    assert_eq!(ended, code, "{}", lab.read("said"));
    assert_eq!(lab.json(&["--status"]).1["totals"]["running_tasks"], 0);
    let pid = lab.read("runs").parse().unwrap();
    assert!(happens(|| crate::processes::is_gone(pid)));
}
