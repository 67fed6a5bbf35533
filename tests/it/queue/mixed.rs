//! A queue of fifty, with some of those who wait and of those who hold killed at random.

use super::*;
use crate::crowd::{Grant, Holdings, assert_agrees};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const REQUESTS: usize = 50;

/// What is to become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is given back as it should be.
    Ends,
    /// gpumgr and the command are killed.
    HolderKilled,
    /// gpumgr is killed some time after there is room for some.
    Killed(Duration),
}

#[derive(Clone, Debug)]
struct Asked {
    task: String,
    how: How,
    gpus: u64,
    ttl: Option<&'static str>,
    fate: Fate,
    holds_for: Duration,
}

/// Numbers that look random, and are the same again for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn asked(&mut self, number: usize) -> Asked {
        let how = How::BOTH[usize::try_from(self.below(2)).unwrap()];
        let fate = match self.below(8) {
            0 if how == How::Run => Fate::HolderKilled,
            1 => Fate::Killed(Duration::from_millis(self.below(1500))),
            _ => Fate::Ends,
        };
        Asked {
            task: format!("task-{number:02}"),
            how,
            gpus: 1 + self.below(8),
            ttl: [None, None, Some("10m"), Some("1h")][usize::try_from(self.below(4)).unwrap()],
            fate,
            holds_for: Duration::from_millis(self.below(30)),
        }
    }
}

impl Asked {
    fn joins(&self, lab: &Lab) -> (Child, BufReader<std::process::ChildStdout>) {
        let gpus = self.gpus.to_string();
        let ttl = self.ttl.map(|ttl| ["--ttl", ttl]);
        let more = [&["--wait"][..], ttl.as_ref().map_or(&[], |ttl| ttl)].concat();
        let mut arguments = self.how.arguments(&self.task, &gpus, &more);
        if self.how == How::Allocate {
            arguments.push("--json");
        }
        let mut command = lab.command(&arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        assert!(
            happens(|| queued(lab).contains(&self.task)),
            "{}",
            self.task
        );
        (child, said)
    }

    /// Sees it through to its end; true if it got what it asked for.
    fn lives(
        &self,
        lab: &Lab,
        holdings: &Holdings,
        child: &mut Child,
        said: &mut impl BufRead,
    ) -> bool {
        if let Fate::Killed(after) = self.fate {
            thread::sleep(after);
            child.kill().unwrap();
        }
        let said = said.lines().map(Result::unwrap);
        // The command's harness has words of its own.
        let told =
            |line: &String| line.starts_with(|first: char| first.is_ascii_digit() || first == '{');
        let Some(line) = said.into_iter().find(told) else {
            assert!(matches!(self.fate, Fate::Killed(_)), "{self:?}");
            child.wait().unwrap();
            if self.how == How::Allocate {
                // It may have been taken before it could be told.
                lab.run(&["--release", &self.task]);
            }
            return false;
        };
        match self.how {
            How::Run => self.runs(holdings, child, &line),
            How::Allocate => {
                let grant = granted(&line);
                holdings.enter(&self.task, &grant);
                thread::sleep(self.holds_for);
                holdings.strike_out(&grant);
                lab.ok(&["--release", &self.task]);
                child.wait().unwrap();
            }
        }
        true
    }

    fn runs(&self, holdings: &Holdings, child: &mut Child, line: &str) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [pid, server, gpus] = words[..] else {
            panic!("{line:?}")
        };
        let pid = pid.parse().unwrap();
        let grant = Grant {
            server: server.to_owned(),
            gpus: gpus.split(',').map(|gpu| gpu.parse().unwrap()).collect(),
        };
        assert_eq!(grant.gpus.len() as u64, self.gpus);
        // Even if its gpumgr was killed: the command lives.
        holdings.enter(&self.task, &grant);
        thread::sleep(self.holds_for);
        holdings.strike_out(&grant);
        match self.fate {
            Fate::Ends => {
                drop(child.stdin.take());
                assert!(child.wait().unwrap().success(), "{self:?}");
            }
            Fate::HolderKilled | Fate::Killed(_) => {
                let _ = child.kill();
                processes::end(pid);
                child.wait().unwrap();
            }
        }
    }

    /// Whether this can start wherever and whenever the other can.
    fn is_easier_than(&self, other: &Self) -> bool {
        self.gpus <= other.gpus && self.ttl == other.ttl && self.how == other.how
    }
}

fn granted(line: &str) -> Grant {
    let said: Value = serde_json::from_str(line).unwrap();
    let ids = list(&said["gpu_ids"]).iter();
    Grant {
        server: said["server_name"].as_str().unwrap().to_owned(),
        gpus: ids.map(|gpu| gpu.as_u64().unwrap()).collect(),
    }
}

/// At no moment does a task hold GPUs while one waits that came earlier and needs no more.
fn assert_in_order(asked: &[Asked], state: &Value) {
    assert_agrees(state);
    let waiting: BTreeSet<_> = names(list(&state["queue"]).iter()).into_iter().collect();
    let servers = list(&state["servers"]).iter();
    let held = names(servers.flat_map(|server| list(&server["running_tasks"])));
    for (position, later) in asked.iter().enumerate() {
        if !held.contains(&later.task) {
            continue;
        }
        let overtaken = asked[..position]
            .iter()
            .find(|earlier| waiting.contains(&earlier.task) && earlier.is_easier_than(later));
        assert!(
            overtaken.is_none(),
            "{later:?} before {overtaken:?}: {state:#}"
        );
    }
}

fn drains(seed: u64) {
    let lab = servers(2);
    for holder in ["holder-0", "holder-1"] {
        lab.ok(&["--allocate", holder, "8", "1"]);
    }
    let mut random = Random(seed);
    let asked: Vec<_> = (0..REQUESTS).map(|number| random.asked(number)).collect();
    let mut all: Vec<_> = asked.iter().map(|asked| asked.joins(&lab)).collect();
    assert_eq!(queued(&lab).len(), REQUESTS);
    let holdings = Holdings::default();
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let (mut got, mut seen) = (0, 0);
    thread::scope(|scope| {
        let (lab, holdings, done, asked) = (&lab, &holdings, &done, &asked);
        let looks = scope.spawn(move || {
            let (mut looks, mut last) = (0, Value::Null);
            while !done.load(Ordering::Acquire) {
                let now = state(lab);
                if now != last {
                    assert_in_order(asked, &now);
                    looks += 1;
                    last = now;
                }
                thread::sleep(Duration::from_millis(1));
            }
            looks
        });
        for holder in ["holder-0", "holder-1"] {
            lab.ok(&["--release", holder]);
        }
        let lives: Vec<_> = asked
            .iter()
            .zip(&mut all)
            .map(|(asked, (child, said))| {
                scope.spawn(move || asked.lives(lab, holdings, child, said))
            })
            .collect();
        let ends: Vec<_> = lives
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        done.store(true, Ordering::Release);
        seen = looks.join().unwrap();
        got = ends
            .into_iter()
            .filter(|end| *end.as_ref().unwrap())
            .count();
    });
    crate::support::measured(&format!(
        "seed {seed}: {REQUESTS} requests, {got} granted, in {:.1} s; {seen} states seen",
        start.elapsed().as_secs_f64()
    ));
    let sure = asked
        .iter()
        .filter(|asked| !matches!(asked.fate, Fate::Killed(_)))
        .count();
    assert!(got >= sure);
    assert_eq!(lab.json(&["--queue"]).1["queue"], serde_json::json!([]));
    assert_nothing_is_left(&lab);
}

#[test]
fn fifty_requests_drain_in_order_though_some_are_killed() {
    for seed in [0x9E37_79B9, 4242, 31_415_926] {
        drains(seed);
    }
}
