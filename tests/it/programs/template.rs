//! What becomes of a template: words and variables, and never code.

use super::Workshop;
use crate::support::happens;

/// Writes its arguments, one a line, and then the environment.
const TELLS: &str = r#"
import os, sys, time
with open("new", "w") as told:
    told.write("\n".join(sys.argv[1:]) + "\n--\n")
    told.writelines(f"{name}={value}\n" for name, value in os.environ.items())
os.rename("new", "told")
time.sleep(600)
"#;

fn told(template: &str, task: &str) -> (Vec<String>, Vec<String>) {
    told_in(&Workshop::with("", template, ""), task)
}

fn told_in(shop: &Workshop, task: &str) -> (Vec<String>, Vec<String>) {
    let lab = shop.machine.lab();
    lab.write("tells.py", TELLS);
    shop.ok(&["--start-program", task, "--gpus", "2"]);
    assert!(happens(|| lab.join("told").exists()));
    let told = lab.read("told");
    let (words, variables) = told.split_once("\n--\n").unwrap();
    let lines = |text: &str| text.lines().map(str::to_owned).collect();
    (lines(words), lines(variables))
}

#[test]
fn the_command_is_split_as_a_shell_would_and_nothing_is_expanded() {
    let template = r#"command = '''python3 tells.py "two words" 'it''s' a\ b $HOME *.py ~ `id`'''
args = ["plain words", "", "$(id)"]"#;
    let (words, _) = told(template, "t");
    let expected = [
        "two words",
        "its",
        "a b",
        "$HOME",
        "*.py",
        "~",
        "`id`",
        "plain words",
        "",
        "$(id)",
    ];
    assert_eq!(words, expected);
}

#[test]
fn what_is_in_braces_is_filled_in() {
    let template = "command = \"python3 tells.py {gpu_list}\"
args = [\"{gpu_count} {cpu_count}\", \"{task_id}@{server}\", \"{{as is}}\"]
env_vars = { LIST = \"<{gpu_list}>\", CUDA_DEVICE_ORDER = \"FASTEST_FIRST\" }";
    let (words, variables) = told(template, "t");
    assert_eq!(words, ["0,1", "2 8", "t@s", "{as is}"]);
    for expected in [
        "LIST=<0,1>",
        "CUDA_VISIBLE_DEVICES=0,1",
        "CUDA_DEVICE_ORDER=FASTEST_FIRST",
        "GPUMGR_TASK_ID=t",
        "GPUMGR_GPUS=0,1",
    ] {
        assert!(
            variables.iter().any(|line| line == expected),
            "{expected}: {variables:?}"
        );
    }
}

#[test]
fn the_variables_of_all_tasks_are_set_too_and_the_templates_come_after_them() {
    let template = "command = \"python3 tells.py\"\nenv_vars = { ONE = \"template\" }";
    let rest = "[environment]\nONE = \"all\"\nTWO = \"{gpu_count}\"";
    let (_, variables) = told_in(&Workshop::with("", template, rest), "t");
    for expected in ["ONE=template", "TWO=2"] {
        assert!(
            variables.iter().any(|line| line == expected),
            "{variables:?}"
        );
    }
}

#[test]
fn a_tasks_name_is_never_code_nor_a_path() {
    let task = "'; touch pwned; \"$(touch pwned)\" `touch pwned` {gpu_list} ../../x";
    let template = "command = \"python3 tells.py {task_id}\"\nargs = [\"{task_id}\"]";
    let shop = Workshop::with("", template, "");
    let (words, _) = told_in(&shop, task);
    assert_eq!(words, [task, task]);
    let lab = shop.machine.lab();
    assert!(!lab.join("pwned").exists());
    let logs: Vec<_> = std::fs::read_dir(lab.join("logs")).unwrap().collect();
    assert_eq!(logs.len(), 1);
    shop.ok(&["--stop-program", task]);
}

#[test]
fn it_works_where_it_was_started() {
    let shop = Workshop::with("", "command = \"sh -c 'pwd > where; sleep 600'\"", "");
    let folder = shop.machine.lab().join("a folder");
    std::fs::create_dir(&folder).unwrap();
    let arguments = ["--start-program", "t", "--config", "../config.toml"];
    let mut command = shop.machine.command(&arguments);
    assert!(
        command
            .current_dir(&folder)
            .output()
            .unwrap()
            .status
            .success()
    );
    let here = std::fs::read_to_string(folder.join("where")).unwrap();
    assert_eq!(
        here.trim_end(),
        folder.canonicalize().unwrap().to_str().unwrap()
    );
    shop.ok(&["--stop-program", "t"]);
}
