//! Eight who change the state, and what each of them was told.

use crate::support::{Lab, Ran};
use gpumgr::store::StateStore;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) const WRITERS: usize = 8;
/// So many of them run commands. The others allocate one task, and then in turn another one and release
/// the one before, so that what they hold tells how many changes were made.
const RUNNERS: usize = 2;

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    Gpumgr,
    /// A control: it renames, too, and flushes no file and no folder.
    FlushingNothing,
    /// A control: it flushes the new file, but not the folder that it is renamed in.
    FlushingNoFolder,
}

/// How far each writer was at a moment: the changes that it was told are made, and those that it had
/// begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) acknowledged: [usize; WRITERS],
    pub(crate) begun: [usize; WRITERS],
}

/// The writers at work.
pub(crate) struct Life<'l> {
    lab: &'l Lab,
    state: PathBuf,
    hand: Hand,
    begun: [AtomicUsize; WRITERS],
    acknowledged: [AtomicUsize; WRITERS],
    over: AtomicBool,
    /// The GPUs that each task was told.
    told: Mutex<BTreeMap<String, Vec<u64>>>,
    failed: Mutex<Option<String>>,
    /// Of a control, which has no other lock.
    cluster: Mutex<Value>,
}

impl<'l> Life<'l> {
    /// A state file in that folder, and nobody at work yet.
    pub(crate) fn new(lab: &'l Lab, folder: &Path, hand: Hand) -> Self {
        let state = folder.join("resource_status.json");
        let life = Self {
            lab,
            state,
            hand,
            begun: Default::default(),
            acknowledged: Default::default(),
            over: AtomicBool::new(false),
            told: Mutex::default(),
            failed: Mutex::default(),
            cluster: Mutex::default(),
        };
        assert_eq!(life.gpumgr(folder, &["--init"]).code, 0);
        let text = fs::read_to_string(&life.state).unwrap();
        *life.cluster.lock().unwrap() = serde_json::from_str(&text).unwrap();
        life
    }

    /// All write while that is done.
    pub(crate) fn during<R>(&self, meanwhile: impl FnOnce() -> R) -> R {
        /// Set also by a panic, or the writers would never be joined.
        struct ExpiryReason<'a>(&'a AtomicBool);
        impl Drop for ExpiryReason<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        thread::scope(|scope| {
            let _over = ExpiryReason(&self.over);
            for writer in 0..WRITERS {
                scope.spawn(move || self.write(writer));
            }
            meanwhile()
        })
    }

    pub(crate) fn acknowledged(&self) -> [usize; WRITERS] {
        self.acknowledged
            .each_ref()
            .map(|count| count.load(Ordering::SeqCst))
    }

    pub(crate) fn begun(&self) -> [usize; WRITERS] {
        self.begun
            .each_ref()
            .map(|count| count.load(Ordering::SeqCst))
    }

    /// What went wrong for a writer, which has stopped then.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failed.lock().unwrap().clone()
    }

    pub(crate) fn hand(&self) -> Hand {
        self.hand
    }

    pub(crate) fn gpumgr(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let state = folder.join("resource_status.json");
        let state = ["--state", state.to_str().unwrap()];
        self.lab.run(&[&state, arguments].concat())
    }

    fn write(&self, writer: usize) {
        for change in 0.. {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            self.begun[writer].store(change + 1, Ordering::SeqCst);
            let made = match self.hand {
                Hand::Gpumgr => self.change(writer, change),
                _ => self.change_by_hand(writer, change),
            };
            if let Err(why) = made {
                self.failed.lock().unwrap().get_or_insert(why);
                return;
            }
            self.acknowledged[writer].store(change + 1, Ordering::SeqCst);
        }
    }

    fn runs(&self, writer: usize) -> bool {
        self.hand == Hand::Gpumgr && writer >= WRITERS - RUNNERS
    }

    fn change(&self, writer: usize, change: usize) -> Result<(), String> {
        let folder = self.state.parent().unwrap();
        if self.runs(writer) {
            let task = task(writer, change);
            let run = ["--run", &task, "1", "1", "--", "true"];
            return acknowledged(&self.gpumgr(folder, &run)).map(|_| ());
        }
        let (allocates, task) = step(writer, change);
        if !allocates {
            return acknowledged(&self.gpumgr(folder, &["--release", &task])).map(|_| ());
        }
        let gpus = (1 + writer % 2).to_string();
        let ran = self.gpumgr(folder, &["--allocate", &task, &gpus, "1", "--json"]);
        let told: Value = serde_json::from_str(&acknowledged(&ran)?).unwrap();
        self.told
            .lock()
            .unwrap()
            .insert(task, ids(&told["gpu_ids"]));
        Ok(())
    }

    fn change_by_hand(&self, writer: usize, change: usize) -> Result<(), String> {
        // About as often as processes would.
        thread::sleep(Duration::from_millis(5));
        let mut cluster = self.cluster.lock().unwrap();
        let server = &mut cluster["servers"][writer / 2];
        let (allocates, task) = step(writer, change);
        let free = server["available_gpus"].as_array_mut().unwrap();
        if allocates {
            let gpu = free.pop().unwrap();
            self.told
                .lock()
                .unwrap()
                .insert(task.clone(), vec![gpu.as_u64().unwrap()]);
            server["available_cpus"] = json!(server["available_cpus"].as_u64().unwrap() - 1);
            let tasks = server["running_tasks"].as_array_mut().unwrap();
            tasks.push(json!({
                "task_id": task,
                "allocated_gpus": [gpu],
                "allocated_cpus": 1,
                "start_time": "2025-11-04T10:30:00",
            }));
        } else {
            let tasks = server["running_tasks"].as_array_mut().unwrap();
            let place = tasks
                .iter()
                .position(|other| other["task_id"] == task)
                .unwrap();
            let gpu = tasks.remove(place)["allocated_gpus"][0].clone();
            server["available_gpus"].as_array_mut().unwrap().push(gpu);
            server["available_cpus"] = json!(server["available_cpus"].as_u64().unwrap() + 1);
        }
        let written = self.rename_in_place(&cluster.to_string());
        written.map_err(|error| error.to_string())
    }

    fn rename_in_place(&self, text: &str) -> std::io::Result<()> {
        let new = self.state.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        if self.hand == Hand::FlushingNoFolder {
            file.sync_all()?;
        }
        fs::rename(new, &self.state)
    }

    /// What of what was acknowledged at that moment is not so in the file of that folder.
    pub(crate) fn missing(&self, folder: &Path, moment: &Moment) -> Result<(), String> {
        let held = held(&folder.join("resource_status.json"))?;
        let told = self.told.lock().unwrap();
        for writer in 0..WRITERS {
            let (acknowledged, begun) = (moment.acknowledged[writer], moment.begun[writer]);
            let own = |name: &&String| name.starts_with(&task_prefix(writer));
            let own: Vec<&String> = held.keys().filter(own).collect();
            let mut possible = (acknowledged..=begun).map(|made| self.after(writer, made));
            // A run holds its task in the middle of its change. It ends as its command does even if it
            // cannot give back what it held any more.
            let mut running = (acknowledged..begun).map(|run| vec![task(writer, run)]);
            let is_it = |tasks: Vec<String>| tasks.iter().eq(own.iter().copied());
            let is_possible = possible.any(is_it) || self.runs(writer) && running.any(is_it);
            if !is_possible {
                return Err(format!(
                    "writer {writer}: {acknowledged} changes acknowledged, {begun} begun, but there is {own:?}"
                ));
            }
        }
        let other = held
            .iter()
            .find(|(name, gpus)| told.get(*name).is_some_and(|told| told != *gpus));
        match other {
            Some((name, gpus)) => Err(format!(
                "{name} was told {:?}, but has {gpus:?}",
                told[name]
            )),
            None => Ok(()),
        }
    }

    /// What a writer holds after so many changes.
    fn after(&self, writer: usize, changes: usize) -> Vec<String> {
        let last = changes / 2;
        let mut tasks = match changes {
            0 => Vec::new(),
            _ if self.runs(writer) => Vec::new(),
            _ if changes % 2 == 1 => vec![task(writer, last)],
            _ => vec![task(writer, last - 1), task(writer, last)],
        };
        tasks.sort();
        tasks
    }
}

/// The tasks of a state file and their GPUs, or why it is no whole one.
fn held(state: &Path) -> Result<BTreeMap<String, Vec<u64>>, String> {
    let store = gpumgr::store::FileStore::new(state, Duration::ZERO);
    let read = store.and_then(|store| store.load());
    if let Some(why) = match read {
        Ok(Some(_)) => None,
        Ok(None) => Some("there is no state file".to_owned()),
        Err(error) => Some(error.to_string()),
    } {
        return Err(why);
    }
    let text = fs::read_to_string(state).map_err(|error| error.to_string())?;
    let cluster: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let servers = cluster["servers"].as_array().unwrap().iter();
    let tasks = servers.flat_map(|server| server["running_tasks"].as_array().unwrap());
    let task = |task: &Value| {
        let name = task["task_id"].as_str().unwrap().to_owned();
        (name, ids(&task["allocated_gpus"]))
    };
    Ok(tasks.map(task).collect())
}

fn acknowledged(ran: &Ran) -> Result<String, String> {
    match ran.code {
        0 => Ok(ran.stdout.clone()),
        _ => Err(format!("{ran:?}")),
    }
}

fn ids(list: &Value) -> Vec<u64> {
    let list = list.as_array().unwrap().iter();
    list.map(|id| id.as_u64().unwrap()).collect()
}

/// Whether that change allocates or releases, and what.
fn step(writer: usize, change: usize) -> (bool, String) {
    match change % 2 == 1 {
        _ if change == 0 => (true, task(writer, 0)),
        true => (true, task(writer, change.div_ceil(2))),
        false => (false, task(writer, change / 2 - 1)),
    }
}

fn task_prefix(writer: usize) -> String {
    format!("w{writer}-")
}

fn task(writer: usize, number: usize) -> String {
    format!("{}{number}", task_prefix(writer))
}
