//! Windows' own shells: what they make of the lines for them, and of what gpumgr says to type.

use crate::support::{Lab, Ran, is_wine, skipped};
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::Command;

const GPUMGR: &str = env!("CARGO_BIN_EXE_gpumgr");

fn cmd(lab: &Lab, line: &str) -> Ran {
    let mut cmd = Command::new("cmd");
    // Its own rules of quoting, which the standard library does not know.
    cmd.raw_arg(format!("/d /s /c \"{line}\""));
    cmd.current_dir(lab.path());
    // Inherited from an outer job: it must be replaced.
    cmd.env("CUDA_VISIBLE_DEVICES", "7");
    cmd.stdin(std::process::Stdio::null());
    // It finds this gpumgr.
    let found = Path::new(GPUMGR).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(found).chain(std::env::split_paths(&path));
    cmd.env("PATH", std::env::join_paths(folders).unwrap());
    let output = cmd.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// None, said on stderr, where there is no real one.
fn powershell(lab: &Lab, script: &str) -> Option<Ran> {
    if is_wine() {
        skipped("wine's powershell does nothing");
        return None;
    }
    let mut shell = Command::new("powershell");
    shell.args(["-NoProfile", "-NonInteractive", "-Command", script]);
    let output = shell.current_dir(lab.path()).output().unwrap();
    Some(Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Names that either shell would make something of.
const HOSTILE: [&str; 7] = [
    "a b",
    "a & echo made> made.txt",
    "a | echo b",
    "%PATH%",
    "it's $(New-Item made.txt)",
    "a ^ b (c)",
    "x;y,z",
];

fn is_set(ran: &Ran, line: &str) -> bool {
    ran.stdout.lines().any(|set| set.trim_end() == line)
}

fn assert_sets_all(lab: &Lab, script: &str) {
    lab.ok(&["--allocate", "before"]);
    lab.write("take.bat", format!("@echo off\r\n{script}\r\nset\r\n"));
    let ran = cmd(lab, "take.bat");
    for line in [
        "CUDA_VISIBLE_DEVICES=1,2",
        "CUDA_DEVICE_ORDER=PCI_BUS_ID",
        "GPUMGR_TASK_ID=t",
        "GPUMGR_SERVER=gpu-server-0",
        "GPUMGR_CPUS=16",
    ] {
        assert!(is_set(&ran, line), "no {line}: {}", ran.stderr);
    }
}

#[test]
fn cmd_sets_the_variables_for_what_it_starts() {
    let script = "gpumgr --allocate t 2 16 --export cmd > lines.bat\r\ncall lines.bat";
    assert_sets_all(&Lab::new(), script);
}

/// As the documentation has it, with the signs doubled as in every script.
#[test]
fn cmd_sets_them_line_by_line() {
    if is_wine() {
        return skipped("wine's cmd knows no command of its own that a variable names");
    }
    let lines = "gpumgr --allocate t 2 16 --export cmd";
    let script = format!("for /f \"delims=\" %%i in ('{lines}') do %%i");
    assert_sets_all(&Lab::new(), &script);
}

/// What cmd would act on is left out of a value, and nothing of it is done.
#[test]
fn cmd_does_nothing_that_a_name_says() {
    for name in HOSTILE {
        let lab = Lab::new();
        let lines = lab
            .ok(&["--allocate", name, "1", "1", "--export", "cmd"])
            .stdout;
        lab.write(
            "use.bat",
            format!("@echo off\r\n{}\r\nset\r\n", lines.replace('\n', "\r\n")),
        );
        let before = lab.files();
        let ran = cmd(&lab, "use.bat");
        let kept: String = name
            .chars()
            .map(|c| if "\"%!^&|<>".contains(c) { '_' } else { c })
            .collect();
        assert!(
            is_set(&ran, &format!("GPUMGR_TASK_ID={kept}")),
            "{name}: {ran:?}"
        );
        assert!(is_set(&ran, "CUDA_VISIBLE_DEVICES=0"), "{name}: {ran:?}");
        assert_eq!(lab.files(), before, "{name}");
    }
}

#[test]
fn powershell_sets_them_to_the_letter() {
    for name in HOSTILE {
        let lab = Lab::new();
        let lines = lab
            .ok(&["--allocate", name, "1", "1", "--export", "powershell"])
            .stdout;
        let script = format!("{lines}\nWrite-Output \"<$env:GPUMGR_TASK_ID>\"");
        let before = lab.files();
        let Some(ran) = powershell(&lab, &script) else {
            return;
        };
        assert!(is_set(&ran, &format!("<{name}>")), "{name}: {ran:?}");
        assert_eq!(lab.files(), before, "{name}");
    }
}

fn tasks(lab: &Lab) -> Vec<String> {
    let state: serde_json::Value = serde_json::from_str(&lab.state_text()).unwrap();
    let servers = state["servers"].as_array().unwrap().iter();
    let tasks = servers.flat_map(|server| server["running_tasks"].as_array().unwrap());
    let mut names: Vec<_> = tasks
        .map(|task| task["task_id"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// The last line of a grant says how to give it back: that very task in both shells, or none.
#[test]
fn the_hint_to_release_can_be_pasted_into_either_and_does_nothing_else() {
    for name in HOSTILE {
        // What a shell could take for its name.
        let left_out = name.replace(|c: char| "%!\"&|<>^".contains(c), "_");
        let mut others = vec![format!("'{name}'"), "THE".to_owned(), "TASK".to_owned()];
        others.extend((left_out != name).then_some(left_out));
        others.sort();
        let paste: [fn(&Lab, &str) -> Option<Ran>; 2] = [
            |lab, hint| Some(cmd(lab, hint)),
            |lab, hint| powershell(lab, &hint.replacen("gpumgr", &format!("& '{GPUMGR}'"), 1)),
        ];
        let lab = Lab::new();
        for other in &others {
            lab.ok(&["--allocate", other, "1", "1"]);
        }
        for shell in paste {
            if tasks(&lab).iter().any(|task| task == name) {
                lab.ok(&["--release", name]);
            }
            let said = lab.ok(&["--allocate", name]).stdout;
            let hint = said.lines().last().unwrap().trim().to_owned();
            let (files, mut all) = (lab.files(), tasks(&lab));
            let Some(ran) = shell(&lab, &hint) else {
                continue;
            };
            assert_eq!(lab.files(), files, "{hint}");
            match name.contains(['%', '$']) {
                true => assert_ne!(ran.code, 0, "{hint}: {ran:?}"),
                false => all.retain(|task| task != name),
            }
            assert_eq!(tasks(&lab), all, "{hint}: {ran:?}");
        }
    }
}
