//! What the README's examples print.

use super::{Block, blocks, repository};
#[cfg(target_os = "linux")]
use crate::gpus::{Machine, Stranger, host};
use crate::support::{Lab, Ran, happens};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A command and what it printed.
struct Example {
    command: String,
    output: String,
}

fn examples(console: &str) -> Vec<Example> {
    let commands = console.strip_prefix("$ ").unwrap().split("\n$ ");
    let example = |text: &str| {
        let (command, output) = text.split_once('\n').unwrap_or((text, ""));
        Example {
            command: command.to_owned(),
            output: output.to_owned(),
        }
    };
    commands.map(example).collect()
}

/// A shell in the lab, in that language, that finds this gpumgr; both outputs in one.
fn shell(lab: &Lab, language: &str, command: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_gpumgr"))
        .parent()
        .unwrap()
        .to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(std::iter::once(binary).chain(std::env::split_paths(&rest))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec 2>&1\n{command}")]);
    lab.isolate(&mut shell)
        .env("LANG", language)
        .env("PATH", path);
    shell
}

/// What differs from run to run is made the same: the folder, the user, times, ages, and how wide
/// these make a table.
fn normal(text: &str, lab: &Lab, user: &str) -> String {
    let folder = fs::canonicalize(lab.path()).unwrap();
    let text = text
        .replace(folder.to_str().unwrap(), "/home/alice/lab")
        .replace(&format!("/logs/{user}/"), "/logs/alice/")
        .replace(&format!(" {user} "), " alice ")
        .replace(&format!(" {user})"), " alice)")
        .replace(&format!("，{user})"), "，alice)")
        .replace(&format!("、{user}）"), "、alice）")
        .replace(&format!("、{user})"), "、alice)");
    let word = |word: &str| match word {
        word if word.len() == 10 && word.starts_with("20") && word.contains('-') => {
            "DATE".to_owned()
        }
        word if word.len() == 8 && word.matches(':').count() == 2 => "TIME".to_owned(),
        word if is_span(word.trim_end_matches([';', ','])) => "AGE".to_owned(),
        word if is_pid(word) => "PID".to_owned(),
        word if word.contains('─') => word
            .split('─')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("─"),
        word => word.to_owned(),
    };
    let line = |line: &str| {
        line.split_whitespace()
            .map(word)
            .collect::<Vec<_>>()
            .join(" ")
    };
    text.lines()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end()
        .to_owned()
}

/// The end of `(PID 4711)`.
fn is_pid(word: &str) -> bool {
    let digits = word.strip_suffix(')').unwrap_or_default();
    digits.len() > 1 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A part of a time such as `2h 5m`.
fn is_span(word: &str) -> bool {
    word.strip_suffix(['s', 'm', 'h', 'd'])
        .is_some_and(|count| count.parse::<u32>().is_ok())
}

/// What goes on in the background has joined the queue before that is looked at.
fn run_example(lab: &Lab, language: &str, command: &str) -> Ran {
    if command == "gpumgr --queue" {
        assert!(happens(|| !lab
            .ok(&["--queue"])
            .stdout
            .starts_with("Nobody")));
    }
    Ran::of(shell(lab, language, command).output().unwrap())
}

fn user(lab: &Lab) -> String {
    let (_, allocated) = lab.json(&["--allocate", "who", "--state", "elsewhere.json"]);
    allocated["owner"].as_str().unwrap().to_owned()
}

#[test]
fn the_readme_prints_what_gpumgr_prints() {
    let lab = Lab::new();
    for (program, what, rest) in [
        ("train.py", "training", ""),
        ("smoke.py", "smoke test", ""),
        ("serve.py", "serving", "; import time; time.sleep(600)"),
    ] {
        let told = "os.environ['CUDA_VISIBLE_DEVICES'], flush=True";
        let code = format!("import os; print('{what} on', {told}){rest}\n");
        lab.write(program, code);
    }
    let run = prints(&lab, &repository("README.md"), "C");
    assert!(run >= 10, "only {run} examples were found");
}

#[test]
fn the_quick_starts_print_what_gpumgr_prints() {
    for (file, language) in [
        ("docs/quickstart.zh.md", "zh_CN.UTF-8"),
        ("docs/quickstart.ja.md", "ja_JP.UTF-8"),
    ] {
        let run = prints(&Lab::new(), &repository(file), language);
        assert!(run >= 10, "only {run} examples were found in {file}");
    }
}

/// Writes the files and runs the examples of a document, each of which must print what stands there;
/// how many there are.
fn prints(lab: &Lab, document: &str, language: &str) -> usize {
    let user = user(lab);
    let mut run = 0;
    for Block { info, text } in blocks(document) {
        match info.split_once(' ') {
            #[cfg(target_os = "linux")]
            Some(("console", "gpus")) => run += real_gpus(&text),
            Some(("toml", "template")) => lab.write("template.toml", text),
            Some((_language, file)) => lab.write(file, text),
            None if info == "console" => {
                for Example { command, output } in examples(&text) {
                    let ran = run_example(lab, language, &command);
                    assert_eq!(
                        normal(&ran.stdout, lab, &user),
                        normal(&output, lab, &user),
                        "$ {command}"
                    );
                    run += 1;
                }
            }
            None => {}
        }
    }
    run
}

/// The same on a machine with four GPUs, on one of which something computes; returns how many
/// examples there are.
#[cfg(target_os = "linux")]
fn real_gpus(text: &str) -> usize {
    let computes = tempfile::tempdir().unwrap();
    let script = "import time; open('begun', 'w'); time.sleep(600)";
    let mut python = Command::new("python3");
    let python = python.args(["-c", script]).current_dir(computes.path());
    let stranger = Stranger::of(python);
    let pid = stranger.pid().to_string();
    // What the path calls python3 may be a script that starts it.
    assert!(happens(|| computes.path().join("begun").exists()));
    let machine = Machine::with(&format!(
        "count 4\ngpu 1 process {pid} 62000\ngpu 1 used 62669\ngpu 1 use 97\n\
         gpu 1 temperature 65\ngpu 1 power 301500\n"
    ));
    let lab = machine.lab();
    let user = user(lab);
    let examples = examples(text);
    for Example { command, output } in &examples {
        let mut shell = shell(lab, "C", &command.replace("4711", &pid));
        shell.envs(machine.variables());
        let ran = Ran::of(shell.output().unwrap());
        let said = ran.stdout.replace(&pid, "4711").replace(&host(), "node1");
        let said = said.replace(&format!("{user})"), "alice)");
        let said = said.replace(&format!("\"{user}:"), "\"alice:");
        assert_eq!(
            without_cpus(&normal(&said, lab, &user)),
            without_cpus(&normal(output, lab, &user)),
            "$ {command}"
        );
    }
    examples.len()
}

/// How many there are is this machine's.
#[cfg(target_os = "linux")]
fn without_cpus(text: &str) -> String {
    let words: Vec<_> = text.split(' ').collect();
    let is_count = |index: usize| words.get(index + 1) == Some(&"CPUs");
    let word = |(index, word): (usize, &&str)| if is_count(index) { "N" } else { word }.to_owned();
    words
        .iter()
        .enumerate()
        .map(word)
        .collect::<Vec<_>>()
        .join(" ")
}
