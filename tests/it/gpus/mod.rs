//! What the hardware says, with a stand-in for the driver's library that is loaded as the real one
//! is.

mod accepted;
mod adopt;
mod busy;
mod cards;
mod detect;
mod failures;
mod idle;
mod kinds;
mod real_gpu;
mod shown;
mod waiting;
mod watch;

use crate::support::{Lab, Ran, library_folder};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// A machine with GPUs, and a lab on it.
pub(crate) struct Machine {
    lab: Lab,
    library: PathBuf,
}

/// A driver's library that lacks something.
#[derive(Clone, Copy)]
enum Driver {
    Usual,
    /// From before the third version of the process list.
    Old,
    /// Without any process list.
    NoProcesses,
    /// It never comes back from being loaded.
    Hanging,
}

impl Machine {
    /// One with these GPUs, described as `nvml.c` says.
    pub(crate) fn with(gpus: &str) -> Self {
        Self::of(Driver::Usual, gpus)
    }

    fn of(driver: Driver, gpus: &str) -> Self {
        let machine = Self {
            lab: Lab::new(),
            library: driver.folder(),
        };
        machine.becomes(gpus);
        machine
    }

    /// The same, whose only server has these counts of GPUs and 64 CPUs, and these further keys.
    pub(crate) fn with_server(count: u32, keys: &str, gpus: &str) -> Self {
        let machine = Self::with(gpus);
        let config = format!("[[server]]\nname = \"s\"\ngpus = {count}\ncpus = 64\n{keys}\n");
        // Nothing else that is slow here waits for the end of the time.
        let hangs = gpus.contains("slow");
        machine.configure(&if hangs { config } else { patient(&config) });
        machine
    }

    pub(crate) fn configure(&self, text: &str) {
        self.lab.write("config.toml", text);
    }

    /// From now on these are its GPUs.
    pub(crate) fn becomes(&self, gpus: &str) {
        self.lab.write("gpus.new", gpus);
        fs::rename(self.lab.join("gpus.new"), self.lab.join("gpus")).unwrap();
    }

    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// What makes the stand-in this machine's driver.
    pub(crate) fn variables(&self) -> [(&'static str, PathBuf); 2] {
        [
            ("LD_LIBRARY_PATH", self.library.clone()),
            ("STANDIN", self.lab.join("gpus")),
        ]
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.lab.command(arguments);
        command.envs(self.variables());
        command
    }

    /// Lets any program run on this machine, with the lab's environment alone and without input.
    pub(crate) fn isolate<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        self.lab.isolate(program).envs(self.variables())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.ok(&[arguments, &["--json"]].concat()).document()
    }

    /// The GPUs that this task is granted.
    fn granted(&self, arguments: &[&str]) -> Vec<u64> {
        let allocate = [&["--allocate"], arguments].concat();
        ids(&self.json(&allocate)["gpu_ids"])
    }

    /// The GPUs of the measured server, one by one.
    fn gpus(&self) -> Vec<Value> {
        let status = self.json(&["--status"]);
        let servers = status["servers"].as_array().unwrap();
        let measured = servers.iter().find_map(|server| server["gpus"].as_array());
        measured.unwrap().clone()
    }

    /// Why that GPU is not granted.
    fn reason(&self, gpu: usize) -> String {
        let reason = &self.gpus()[gpu]["withheld"]["reason"];
        reason.as_str().unwrap_or("none").to_owned()
    }
}

/// A config under which the driver has time to answer, also on a busy machine, unless it says how long.
pub(crate) fn patient(config: &str) -> String {
    const TIMEOUT: &str = "[gpu]\ntimeout = \"60s\"\n";
    if config.contains("[gpu]\ntimeout") {
        return config.to_owned();
    }
    match config.split_once("[gpu]\n") {
        Some((before, after)) => format!("{before}{TIMEOUT}{after}"),
        None => format!("{config}\n{TIMEOUT}"),
    }
}

fn ids(list: &Value) -> Vec<u64> {
    let ids = list.as_array().unwrap().iter();
    ids.map(|id| id.as_u64().unwrap()).collect()
}

impl Driver {
    /// A folder with this library, made once for all runs of the tests.
    fn folder(self) -> PathBuf {
        static FOLDERS: [OnceLock<PathBuf>; 4] = [const { OnceLock::new() }; 4];
        let (place, name, macros) = match self {
            Self::Usual => (0, "driver", &[][..]),
            Self::Old => (1, "old-driver", &["-DOLD_DRIVER"][..]),
            Self::NoProcesses => (2, "no-processes", &["-DOLD_DRIVER", "-DNO_PROCESSES"][..]),
            Self::Hanging => (3, "hanging", &["-DHANGS_ON_LOAD"][..]),
        };
        let folder = FOLDERS[place].get_or_init(|| {
            let folder = library_folder(name);
            compile(macros, &folder.join("libnvidia-ml.so.1"));
            folder
        });
        folder.clone()
    }
}

fn compile(macros: &[&str], library: &Path) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/gpus/nvml.c");
    let new = library.with_extension(std::process::id().to_string());
    let compiled = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"])
        .args(macros)
        .arg("-o")
        .args([new.as_path(), Path::new(source)])
        .status()
        .unwrap();
    assert!(compiled.success());
    fs::rename(new, library).unwrap();
}

/// A process that computes outside of all tasks, as far as the driver knows; it ends when dropped.
pub(crate) struct Stranger(Child);

impl Stranger {
    pub(crate) fn new() -> Self {
        Self::of(Command::new("sleep").arg("600"))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        Self(quiet.spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// A line for the driver: it computes on that GPU.
    pub(crate) fn on(&self, gpu: u32) -> String {
        format!(
            "gpu {gpu} process {} 3000\ngpu {gpu} used 3100\n",
            self.pid()
        )
    }

    fn ends(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This machine's own name.
pub(crate) fn host() -> String {
    let name = nix::unistd::gethostname().unwrap();
    name.into_string().unwrap()
}
