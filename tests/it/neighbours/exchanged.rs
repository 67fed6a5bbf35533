//! A member of the group exchanges what is in the shared folder for links, as fast as the system
//! lets them, while another member and root work there. Whatever gpumgr opens, makes or changes at
//! that moment, no file outside of the folder is touched.
//!
//! `GPUMGR_EXCHANGE_SECONDS` sets how long each entry is fought for.

use crate::people::{Office, Person, set_mode};
use crate::support::{amount, happens, library_folder, measured};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

const GROUP: u32 = 13_100;
const ALICE: Person = Person {
    uid: 12_101,
    gid: 12_101,
    group: GROUP,
    umask: "022",
};
const ROOT: Person = Person {
    uid: 0,
    gid: 0,
    group: 0,
    umask: "022",
};
const MALLORY: Person = Person {
    uid: 12_166,
    gid: 12_166,
    group: GROUP,
    umask: "000",
};

const SECRET: &str = "known to its owner alone\n";
const CONFIG: &str = "state_file = \"around/shared/resource_status.json\"\nlock_timeout = \"2s\"
grace = \"100ms\"\nmonitor_interval = 0.1\n[cluster]\nservers = 1\n[log]\nsize = \"1KB\"\ncount = 2
[auto]\nprograms = [\"auto\"]
[program_template]\ncommand = \"head -c 3000 /dev/zero\"\nlog_size = \"1KB\"\nlog_count = 2\n";
/// Runs the commands of `$2`, one a line, over and over. Errors are expected: entries vanish.
const LOOP: &str = r#"cd "$1"; while :; do
  printf '%s\n' "$2" | while read -r words; do timeout -k 1 2 "$0" $words; done
done >/dev/null 2>&1"#;
const CHANGES: &str =
    "--init\n--allocate a 1\n--status\n--run r 1 -- true\n--release a\n--check-config";
const PROGRAMS: &str = "--start-program p --gpus 1\n--logs p\n--stop-program p";
const WAITS: &str = "--allocate all 8\n--allocate w 1 --wait 150ms";
const LOGS: &str = "--allocate x 1\n--history\n--release x";
const REFUSALS: &str = "--release none\n--history";
const ALL: &str =
    "--allocate a 1\n--start-program p --gpus 1\n--logs p\n--history\n--reset --yes --force";

/// What is exchanged: the folder it is in, its name, whether it is a folder, and who reaches it.
const ENTRIES: [(&str, &str, bool, &str); 15] = [
    ("around/shared", "logs", true, PROGRAMS),
    ("around/shared/logs", "USER", true, PROGRAMS),
    ("around/shared", ".resource.lock", false, CHANGES),
    ("around/shared", "resource_status.json", false, ALL),
    ("around/shared", ".gpumgr-*", false, CHANGES),
    (
        "around/shared",
        ".resource_status.json.lease-*",
        false,
        CHANGES,
    ),
    (
        "around/shared",
        ".resource_status.json.wake-*",
        false,
        WAITS,
    ),
    (
        "around/shared",
        ".resource_status.json.waiters-*",
        false,
        WAITS,
    ),
    (
        "around/shared",
        ".resource_status.json.monitor",
        false,
        "--monitor",
    ),
    ("around/shared", "gpu_manager.log", false, LOGS),
    ("around/shared", "gpu_manager.log.1", false, LOGS),
    ("around/shared", "gpu_manager.refused.log", false, REFUSALS),
    (
        "around/shared",
        "resource_status.2*",
        false,
        "--reset --yes --force",
    ),
    ("around", "shared", true, ALL),
    (".", "around", true, ALL),
];

#[test]
fn exchanged_entries_lead_a_colleague_to_no_foreign_file() {
    fight_for_each(ALICE);
}

#[test]
fn exchanged_entries_lead_root_to_no_foreign_file() {
    fight_for_each(ROOT);
}

fn fight_for_each(victim: Person) {
    let seconds = amount("GPUMGR_EXCHANGE_SECONDS", 1);
    for (folder, name, is_folder, commands) in ENTRIES {
        let Some(scene) = Scene::of(victim) else {
            return;
        };
        let work = scene.work(commands, seconds);
        let exchanges = scene.fight((folder, name, is_folder), work);
        measured(&format!(
            "{}: {folder}/{name}: {exchanges} exchanges in {seconds} s",
            victim.uid
        ));
    }
}

/// The state in a folder of the group, and files of the victim's beside it.
struct Scene {
    office: Office,
    victim: Person,
}

impl Scene {
    fn of(victim: Person) -> Option<Self> {
        let office = Office::open()?;
        office.lab().write("config.toml", CONFIG);
        fs::copy(exchanger(), office.lab().join("exchange")).unwrap();
        // All of the path is the group's, down to where the victim's own begins.
        give(office.path(), (0, GROUP), 0o2775);
        for folder in ["around", "around/shared"] {
            let folder = office.lab().join(folder);
            fs::create_dir(&folder).unwrap();
            give(&folder, (0, GROUP), 0o2770);
        }
        let home = office.lab().join("home");
        fs::create_dir(&home).unwrap();
        office.lab().write("home/secret", SECRET);
        give(&home.join("secret"), (victim.uid, victim.gid), 0o600);
        give(&home, (victim.uid, victim.gid), 0o700);
        Some(Self { office, victim })
    }

    /// The victim's commands, for so long.
    fn work(&self, commands: &str, seconds: usize) -> Command {
        let mut work = self.office.program_as(self.victim, Path::new("timeout"));
        work.args(["-k", "1", &seconds.to_string(), "sh", "-c", LOOP])
            .arg(self.office.binary())
            .arg(self.office.path())
            .arg(commands);
        work
    }

    fn fight(&self, (folder, name, is_folder): (&str, &str, bool), mut work: Command) -> u64 {
        self.office.run_as(self.victim, &["--init"]);
        if folder.ends_with("logs") {
            // The hostile member was the first to make it, and so may rename what is in it.
            let logs = self.office.lab().join(folder);
            fs::create_dir(&logs).unwrap();
            give(&logs, (MALLORY.uid, GROUP), 0o2777);
        }
        let target = match is_folder {
            true => "home",
            false => "home/secret",
        };
        let name = match name {
            "USER" => user_name(self.victim),
            name => name.to_owned(),
        };
        let program = self.office.lab().join("exchange");
        let mut exchanging = self.office.program_as(MALLORY, &program);
        let exchanging = exchanging
            .arg(self.office.lab().join(folder))
            .arg(name)
            .arg(self.office.lab().join(target))
            .stdout(Stdio::piped())
            .spawn();
        let exchanging = exchanging.unwrap();
        work.status().unwrap();
        let exchanges = end(exchanging);
        assert!(happens(|| !self.is_at_work()), "{folder} {is_folder}");
        self.assert_untouched(&format!("{folder} {is_folder}"));
        exchanges
    }

    /// Whether a command of the victim's still runs: its loop ends before it.
    fn is_at_work(&self) -> bool {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let mut programs = processes.flat_map(|process| fs::read_link(process.path().join("exe")));
        programs.any(|program| program == self.office.binary())
    }

    fn assert_untouched(&self, what: &str) {
        let home = self.office.lab().join("home");
        let names: Vec<_> = fs::read_dir(&home)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["secret"], "{what}");
        assert_eq!(self.office.lab().read("home/secret"), SECRET, "{what}");
        for (path, mode) in [(home.join("secret"), 0o600), (home, 0o700)] {
            let found = fs::metadata(&path).unwrap();
            let access = (found.uid(), found.gid(), found.mode() & 0o7777);
            assert_eq!(access, (self.victim.uid, self.victim.gid, mode), "{what}");
        }
    }
}

fn give(path: &Path, (uid, gid): (u32, u32), mode: u32) {
    chown(path, Some(uid), Some(gid)).unwrap();
    set_mode(path, mode);
}

fn user_name(person: Person) -> String {
    let user = nix::unistd::User::from_uid(person.uid.into()).unwrap();
    user.map_or(person.uid.to_string(), |user| user.name)
}

/// Ends the exchanges; returns how many there were.
fn end(exchanging: Child) -> u64 {
    kill(Pid::from_raw(exchanging.id() as i32), Signal::SIGTERM).unwrap();
    let said = exchanging.wait_with_output().unwrap().stdout;
    String::from_utf8(said).unwrap().trim().parse().unwrap()
}

/// The program that exchanges, built once.
fn exchanger() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let program = library_folder("exchange").join("exchange");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/neighbours/exchange.c");
        let built = Command::new("cc")
            .args(["-O1", "-Wall", "-o"])
            .args([&program, &source])
            .status();
        assert!(built.unwrap().success());
        program
    })
}
