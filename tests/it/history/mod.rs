//! The log of all changes, `--history` and `--report`, by real processes.

mod counted;
mod lines;
#[cfg(unix)]
mod obstacles;
mod order;
mod reported;
mod rotated;
mod shown;
mod waited;

use crate::support::{Lab, me};
use serde_json::Value;

const LOG: &str = "gpu_manager.log";
const REFUSED: &str = "gpu_manager.refused.log";
/// A command that all machines have.
const PROGRAM: &str = env!("CARGO_BIN_EXE_gpumgr");

/// One server of so many GPUs, and what else the config says.
fn server(gpus: u32, more: &str) -> Lab {
    Lab::with_config(&format!(
        "{more}\n[[server]]\nname = \"a\"\ngpus = {gpus}\ncpus = 64\n"
    ))
}

/// The lines of one file of the log; each of them must be an event.
fn events_in(lab: &Lab, name: &str) -> Vec<Value> {
    let text = lab.text_if_any(name).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    let event = |line: &str| {
        let event = serde_json::from_str(line);
        event.unwrap_or_else(|error| panic!("{name}: {error}: {line:?}"))
    };
    text.lines().map(event).collect()
}

fn events(lab: &Lab) -> Vec<Value> {
    events_in(lab, LOG)
}

/// What the command adds to the log.
fn added(lab: &Lab, arguments: &[&str]) -> Vec<Value> {
    let before = events(lab).len();
    lab.run(arguments);
    events(lab).split_off(before)
}

/// The refusal that was counted last.
fn last_refused(lab: &Lab) -> Value {
    let refused = events_in(lab, REFUSED).into_iter();
    let last = refused.max_by_key(|event| event["time"].to_string());
    last.unwrap()
}

/// The actions of these, and the tasks they are about.
fn deeds(events: &[Value]) -> Vec<String> {
    let deed = |event: &Value| {
        let task = event["task"].as_str().unwrap_or("-");
        format!("{} {task}", event["action"].as_str().unwrap())
    };
    events.iter().map(deed).collect()
}

/// What `--history` shows with these words behind it.
fn history(lab: &Lab, more: &[&str]) -> Vec<Value> {
    let (code, document) = lab.json(&[&["--history"], more].concat());
    assert_eq!(code, 0, "{document}");
    let fields = document.as_object().unwrap();
    assert_eq!(fields.len(), 1, "{document}");
    document["history"].as_array().unwrap().clone()
}
