//! A lab: an empty folder in which the real binary runs, untouched by this machine's settings.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes that happens at all, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The variable that names the machine's config. Empty, it hides the one that is installed.
pub(crate) const SYSTEM_CONFIG: &str = "GPUMGR_SYSTEM_CONFIG";

/// An empty folder; also the home folder and the current one of what runs in it.
pub(crate) struct Lab {
    folder: TempDir,
}

impl Drop for Lab {
    /// A gpumgr that is about to end may still make files in the folder while it is removed.
    fn drop(&mut self) {
        let give_up = Instant::now() + Duration::from_secs(2);
        while self.path().exists()
            && fs::remove_dir_all(self.path()).is_err()
            && Instant::now() < give_up
        {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lab {
    pub(crate) fn new() -> Self {
        #[cfg(unix)]
        hear_hang_ups();
        let folder = tempfile::tempdir_in(plain(&std::env::temp_dir())).unwrap();
        // A folder that others can open is warned about.
        #[cfg(unix)]
        close_to_others(folder.path());
        Self { folder }
    }

    /// A lab whose `config.toml` says this.
    pub(crate) fn with_config(text: &str) -> Self {
        let lab = Self::new();
        lab.write("config.toml", text);
        lab
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap()
    }

    /// The file's absolute path, links resolved, as messages show it.
    pub(crate) fn shown(&self, name: &str) -> String {
        let name = name.replace('/', std::path::MAIN_SEPARATOR_STR);
        plain(self.path()).join(name).to_str().unwrap().to_owned()
    }

    /// Where the program of that task writes, in the lab.
    pub(crate) fn log_of(&self, task: &str) -> String {
        format!("logs/{}/{task}.log", me())
    }

    /// The state file as it is.
    pub(crate) fn state_text(&self) -> String {
        self.read("resource_status.json")
    }

    /// The state file as JSON.
    pub(crate) fn state(&self) -> Value {
        serde_json::from_str(&self.state_text()).unwrap()
    }

    /// The state file as it is, if there is one.
    pub(crate) fn state_if_any(&self) -> Option<String> {
        self.text_if_any("resource_status.json")
    }

    pub(crate) fn text_if_any(&self, name: &str) -> Option<String> {
        match fs::read_to_string(self.join(name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            read => Some(read.unwrap()),
        }
    }

    /// Whether a temporary file was left here.
    pub(crate) fn has_litter(&self) -> bool {
        self.files().iter().any(|name| name.starts_with(".gpumgr-"))
    }

    /// The names in the folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The binary, ready to run here with an empty environment, in English, without input.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gpumgr"));
        self.isolate(command.args(arguments));
        command
    }

    /// Lets any program run here, with the lab's environment alone and without input.
    pub(crate) fn isolate<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env(SYSTEM_CONFIG, self.join("system.toml"))
            .stdin(Stdio::null());
        // Tests compare times with those of gpumgr.
        program.envs(std::env::var_os("TZ").map(|zone| ("TZ", zone)));
        #[cfg(unix)]
        program.env("LD_LIBRARY_PATH", no_driver());
        // Without it Windows finds little of itself.
        #[cfg(windows)]
        program.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        program
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(output(&mut self.command(arguments)))
    }

    /// Runs with these variables besides.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        Ran::of(output(command.envs(variables.iter().copied())))
    }

    /// Runs what must succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran
    }

    /// Runs with `--json` and returns the exit code and the one document.
    pub(crate) fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let ran = self.run(&[arguments, &["--json"]].concat());
        let document = serde_json::from_str(&ran.stdout);
        (
            ran.code,
            document.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ran:?}")),
        )
    }
}

/// Runs it to its end. A busy wine now and then starts nothing, and says that it was its own fault: at
/// once, or by a process that ends before it begins, as its libraries could not be set up.
fn output(command: &mut Command) -> Output {
    const INTERNAL_ERROR: i32 = 1359;
    const NEVER_BEGAN: i32 = 0xC000_0142_u32.cast_signed();
    for _ in 0..5 {
        match command.output() {
            Err(error) if is_wine() && error.raw_os_error() == Some(INTERNAL_ERROR) => {}
            Ok(ended) if is_wine() && ended.status.code() == Some(NEVER_BEGAN) => {}
            output => return output.unwrap(),
        }
    }
    command.output().unwrap()
}

/// The absolute path without links, as users write it: on Windows without the system's own mark.
fn plain(path: &Path) -> PathBuf {
    let path = path.canonicalize().unwrap();
    let marked = path.to_str().and_then(|path| path.strip_prefix(r"\\?\"));
    marked.map_or(path.clone(), PathBuf::from)
}

/// Whether Windows is wine, which does not do all that Windows does.
#[cfg(not(windows))]
pub(crate) fn is_wine() -> bool {
    false
}

/// The same.
#[cfg(windows)]
#[allow(unsafe_code, reason = "there is no other way to ask")]
pub(crate) fn is_wine() -> bool {
    use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
    use windows_sys::core::s;
    // SAFETY: every process has that library, and a function is only looked for.
    unsafe { GetProcAddress(GetModuleHandleA(s!("ntdll.dll")), s!("wine_get_version")).is_some() }
}

#[cfg(unix)]
fn close_to_others(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
}

/// Whoever started the tests with `nohup` did not mean what they start.
#[cfg(unix)]
#[allow(unsafe_code, reason = "no handler is set that could do harm")]
fn hear_hang_ups() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        unsafe { signal(Signal::SIGHUP, SigHandler::SigDfl) }.unwrap();
    });
}

/// A folder for a library, which all tests share.
#[cfg(unix)]
pub(crate) fn library_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Hides the driver of a machine that has one: an empty library of its name, which no process loads.
#[cfg(unix)]
fn no_driver() -> PathBuf {
    let folder = library_folder("no-driver");
    fs::write(folder.join("libnvidia-ml.so.1"), "").unwrap();
    folder
}

/// Says that a test could not be run here; shown with `--nocapture`.
#[allow(clippy::print_stderr, reason = "the test harness keeps it")]
pub(crate) fn skipped(why: &str) {
    assert!(
        std::env::var_os("GPUMGR_SKIP_NOTHING").is_none(),
        "skipped: {why}"
    );
    eprintln!("skipped: {why}");
}

impl Ran {
    /// The one JSON document on standard output.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Whatever was read or typed: no panic, no signal, and nothing that a terminal would obey.
    pub(crate) fn assert_sound(&self, what: &str) {
        assert!((0..=7).contains(&self.code), "{what}: {self:?}");
        assert!(!self.stderr.contains("panicked"), "{what}: {self:?}");
        for text in [&self.stdout, &self.stderr] {
            let control = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(control, None, "{what}: {self:?}");
        }
    }

    /// Fails instead of waiting for ever.
    #[cfg(unix)]
    pub(crate) fn in_time(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let ended = happens(|| child.try_wait().unwrap().is_some());
        if !ended {
            let _ = child.kill();
        }
        let ran = Self::of(child.wait_with_output().unwrap());
        assert!(ended, "it hangs: {command:?}: {ran:?}");
        ran
    }

    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Puts the binary where other users may run it too, for the build folder may be closed to them.
///
/// Another process copies: what other tests start meanwhile would inherit the file, open for
/// writing, from this one, and a program that is being written cannot be run.
#[cfg(unix)]
pub(crate) fn copy_binary(to: &Path) {
    let install = ["-m", "755", env!("CARGO_BIN_EXE_gpumgr")];
    let copied = Command::new("install")
        .args(install)
        .arg(to)
        .status()
        .unwrap();
    assert!(copied.success());
}

/// Whether this comes true; looked at again and again.
pub(crate) fn happens(mut condition: impl FnMut() -> bool) -> bool {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        if condition() {
            return true;
        }
        thread::sleep(Duration::from_millis(1));
    }
    false
}

/// How much of it, which the environment may say.
pub(crate) fn amount(variable: &str, usual: usize) -> usize {
    let said = std::env::var(variable).ok();
    said.map_or(usual, |said| said.parse().unwrap())
}

/// A number worth publishing, seen with `--nocapture`.
#[allow(clippy::print_stderr, reason = "for whoever reads the test's output")]
pub(crate) fn measured(what: &str) {
    eprintln!("measured: {what}");
}

/// This user's name.
pub(crate) fn me() -> String {
    // As the system itself says it.
    let (program, argument) = if cfg!(windows) {
        ("whoami", None)
    } else {
        ("id", Some("-un"))
    };
    let said = Command::new(program).args(argument).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    // Windows names the domain first.
    let name = said.trim().rsplit('\\').next().unwrap();
    name.to_owned()
}
