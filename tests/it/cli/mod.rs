//! The command line: every action, modifier, exit code and kind of error.

mod allocate;
mod caps;
mod check_config;
mod config_search;
mod defaults;
mod exits;
mod export;
mod grammar;
mod init;
mod json;
mod language;
#[cfg(unix)]
mod man;
#[cfg(unix)]
mod owner;
mod prefix;
mod release;
mod reset;
mod status;
mod streams;
mod terminal;
mod translate;
mod walk_through;

use crate::support::{Lab, Ran};
use serde_json::{Value, json};

/// Two servers of unequal size.
const UNEQUAL: &str = r#"
[[server]]
name = "small"
gpus = 2
cpus = 8

[[server]]
name = "large"
gpus = 4
cpus = 64
"#;

const STATE: &str = "resource_status.json";

/// The one server of a fresh state.
fn one_server(gpus: u32, cpus: u32) -> Lab {
    Lab::with_config(&format!(
        "[cluster]\nservers = 1\ngpus_per_server = {gpus}\ncpus_per_server = {cpus}\n"
    ))
}

impl Lab {
    /// Runs what must be refused with this code and kind, leaving the state file as it is.
    fn refused(&self, code: i32, kind: &str, arguments: &[&str]) -> Ran {
        let before = std::fs::read(self.join(STATE)).ok();
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}: {ran:?}");
        assert_ne!(ran.stderr, "", "{arguments:?}");
        let (json_code, document) = self.json(arguments);
        assert_eq!(json_code, code, "{arguments:?}: {document}");
        assert_eq!(document["error"]["kind"], kind, "{arguments:?}: {document}");
        let after = std::fs::read(self.join(STATE)).ok();
        assert_eq!(before, after, "{arguments:?} changed the state");
        ran
    }

    /// The server's part of the state file.
    fn server(&self, id: usize) -> Value {
        self.state()["servers"][id].clone()
    }

    /// The names of all tasks.
    fn tasks(&self) -> Vec<String> {
        let state = self.state();
        let servers = state["servers"].as_array().unwrap();
        let tasks = servers
            .iter()
            .flat_map(|server| server["running_tasks"].as_array().unwrap());
        tasks
            .map(|task| task["task_id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Allocates and returns what the grant says: server, GPUs, CPUs.
    fn grant(&self, arguments: &[&str]) -> Value {
        let (code, document) = self.json(&[&["--allocate"], arguments].concat());
        assert_eq!(code, 0, "{arguments:?}: {document}");
        json!([
            document["server_name"],
            document["gpu_ids"],
            document["cpus"]
        ])
    }
}
