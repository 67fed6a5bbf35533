//! What tests run where there is no shell that all machines have: this very program, which does what
//! the words behind its name say, one after the other.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use std::{env, fs, process};

/// The command line that does this.
pub(crate) fn acts(words: &[&str]) -> Vec<String> {
    let program = env::current_exe().unwrap().into_os_string();
    let harness = ["actor::acts_when_told_to", "--exact", "--nocapture", "--"];
    // What the harness does not take for its own are names of tests, which are not there.
    let words = words.iter().map(|word| format!("act:{word}"));
    let program = program.into_string().unwrap();
    [program]
        .into_iter()
        .chain(harness.map(str::to_owned))
        .chain(words)
        .collect()
}

/// The same, to start directly.
pub(crate) fn command(words: &[&str]) -> Command {
    let words = acts(words);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

#[test]
fn acts_when_told_to() {
    let words: Vec<_> = env::args_os().filter_map(word).collect();
    if !words.is_empty() {
        let mut rest = words.as_slice();
        while let Some((word, more)) = rest.split_first() {
            rest = &more[act(word, more)..];
        }
        process::exit(0);
    }
}

fn word(argument: OsString) -> Option<String> {
    Some(argument.to_str()?.strip_prefix("act:")?.to_owned())
}

/// Returns how many of the further words were its own.
#[allow(clippy::print_stdout, reason = "whoever started it reads that")]
fn act(word: &str, rest: &[String]) -> usize {
    let (what, with) = word.split_once('=').unwrap_or((word, ""));
    match what {
        // Its process ID and what it was given, as a line.
        "tell" => println!(
            "{} {} {}",
            process::id(),
            var("GPUMGR_SERVER"),
            var("CUDA_VISIBLE_DEVICES")
        ),
        "print" => println!("{}", var(with)),
        // Its process ID into a file, which is never seen half written.
        "note" => {
            let half = format!("{with}.{}", process::id());
            fs::write(&half, process::id().to_string()).unwrap();
            fs::rename(half, with).unwrap();
        }
        "append" => append(with),
        "until" => {
            while !Path::new(with).exists() {
                thread::sleep(Duration::from_millis(10));
            }
        }
        "read" => drop(io::stdin().read_to_end(&mut Vec::new())),
        "stay" => thread::sleep(Duration::from_secs(600)),
        // Another one, which does as many of the further words.
        "start" => {
            let count = with.parse().unwrap();
            let words: Vec<_> = rest[..count].iter().map(String::as_str).collect();
            let mut other = command(&words);
            other.stdin(Stdio::null()).stdout(Stdio::null());
            drop(other.stderr(Stdio::null()).spawn().unwrap());
            return count;
        }
        // The further words as a command, which is sent that as soon as the file is there.
        #[cfg(windows)]
        "interrupt" | "break" => {
            let program = process::Command::new(&rest[0]).args(&rest[1..]).spawn();
            act(&format!("until={with}"), &[]);
            crate::windows::console::send(what == "interrupt");
            process::exit(program.unwrap().wait().unwrap().code().unwrap());
        }
        "exit" => process::exit(with.parse().unwrap()),
        _ => panic!("{word}"),
    }
    0
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| "-".to_owned())
}

/// A line of what a program of that task was started with.
fn append(file: &str) {
    use std::io::Write;
    let line = format!(
        "{} began {}\n",
        var("GPUMGR_TASK_ID"),
        var("CUDA_VISIBLE_DEVICES")
    );
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .unwrap();
    file.write_all(line.as_bytes()).unwrap();
}
