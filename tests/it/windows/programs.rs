//! Programs that gpumgr keeps running.

use crate::actor::acts;
use crate::processes;
use crate::support::{Lab, happens};

/// A lab whose program notes that it began, and stays.
fn lab() -> Lab {
    let words = acts(&["append=began", "note=program", "stay"]).join(" ");
    // A backslash in a command is a shell's.
    let command = words.replace('\\', "/");
    Lab::with_config(&format!(
        "grace = \"1s\"\n[cluster]\nservers = 1\n[program_template]\ncommand = '{command}'\n"
    ))
}

fn pids(lab: &Lab) -> [u32; 2] {
    let mut pids = None;
    let known = || {
        let state = lab.state();
        let task = &state["servers"][0]["running_tasks"][0];
        let pid = |value: &serde_json::Value| u32::try_from(value.as_u64()?).ok();
        pids = pid(&task["lease"]["pid"]).zip(pid(&task["program"]["pid"]));
        pids.is_some()
    };
    let log = || lab.text_if_any(&lab.log_of("p"));
    assert!(happens(known), "{}\n{:?}", lab.state_text(), log());
    let (supervisor, program) = pids.unwrap();
    [supervisor, program]
}

#[test]
fn a_program_outlives_who_started_it_and_ends_when_it_is_stopped() {
    let lab = lab();
    let started = lab.ok(&["--start-program", "p", "--gpus", "2"]);
    assert!(started.stdout.contains("Running"), "{started:?}");
    let pids = pids(&lab);
    assert!(happens(|| lab.join("program").exists()));
    assert_eq!(lab.read("began").trim_end(), "p began 0,1");
    assert!(!pids.iter().any(|pid| processes::is_gone(*pid)));
    lab.ok(&["--stop-program", "p"]);
    for pid in pids {
        assert!(happens(|| processes::is_gone(pid)));
    }
    assert_eq!(lab.json(&["--status"]).1["totals"]["running_tasks"], 0);
}

#[test]
fn a_program_ends_with_its_supervisor() {
    let lab = lab();
    let started = lab.ok(&["--start-program", "p", "--gpus", "2"]);
    assert!(started.stdout.contains("Running"), "{started:?}");
    let [supervisor, program] = pids(&lab);
    processes::end(supervisor);
    assert!(happens(|| processes::is_gone(program)));
    let next = lab.ok(&["--allocate", "next", "8"]);
    assert!(next.stderr.contains("Freed p ("), "{next:?}");
}
