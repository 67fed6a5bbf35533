//! What holds for those who wait, after any history and at any moment.

use crate::line::{self, Promise, could_start, has_room, in_line};
use crate::support::*;
use gpumgr::allocator::{
    self, Advanced, Cluster, ClusterSpec, Cpus, Deadline, Expired, ExpiryReason, Facts, Gpus,
    Grant, Lease, LeaseId, LeaseKind, Limits, Name, Refusal, Request, ServerSpec, Timestamp,
    Waiter, Why, advance,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::{BTreeMap, HashSet};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A request before it has a name, and the kind of process it lives with.
#[derive(Clone, Debug)]
struct Wish {
    request: Request,
    tie: Option<LeaseKind>,
}

#[derive(Clone, Debug)]
enum Step {
    Allocate(Wish),
    /// With how long to wait at most.
    Enqueue(Wish, Option<i64>),
    Release(Index),
    Renew(Index, Option<i64>),
    /// Of all leases.
    Die(Index),
    /// Of all who wait.
    Cancel(Index),
    Leave(Index),
    Claim(Index, bool),
    Drain(Index, bool),
    Grow(Index, u32, u32),
    AddServer(u32, u32),
    /// v0.1 takes the name of one who waits, where it finds a GPU.
    TakeName(Index),
    Pass,
}

/// What happens, and how many minutes later than what was before.
type Story = Vec<(i64, Step)>;

fn gpus() -> impl Strategy<Value = Gpus> {
    prop_oneof![
        4 => (0_u32..=4).prop_map(Gpus::Count),
        1 => btree_set(0_u16..=3, 1..=3).prop_map(Gpus::These),
    ]
}

fn requests(ttls: impl Strategy<Value = Option<i64>>) -> impl Strategy<Value = Request> {
    let cpus = prop_oneof![
        3 => Just(Cpus::PerGpu),
        2 => (1_u32..=8).prop_map(|count| Cpus::exactly(count).unwrap()),
    ];
    let prefer = option::weighted(0.2, select(vec!["s0", "s1", "s2"]));
    let host = option::weighted(0.15, select(vec!["h0", "h1"]));
    (gpus(), cpus, ttls, prefer, host).prop_map(|(gpus, cpus, ttl, prefer, host)| Request {
        prefer: prefer.map(ToOwned::to_owned),
        host: host.map(ToOwned::to_owned),
        ..Request::new(name("unnamed"), gpus, cpus).lapsing_after(ttl.map(minutes))
    })
}

fn wishes() -> impl Strategy<Value = Wish> {
    let tie = option::of(select(vec![LeaseKind::Run, LeaseKind::Process]));
    let ttls = option::weighted(0.6, 1_i64..=12);
    (requests(ttls), tie).prop_map(|(request, tie)| Wish { request, tie })
}

fn steps() -> impl Strategy<Value = Step> {
    let one = any::<Index>;
    prop_oneof![
        6 => wishes().prop_map(Step::Allocate),
        14 => (wishes(), option::weighted(0.2, 1_i64..=9))
            .prop_map(|(wish, until)| Step::Enqueue(wish, until)),
        6 => one().prop_map(Step::Release),
        3 => (one(), option::of(1_i64..=12)).prop_map(|(task, ttl)| Step::Renew(task, ttl)),
        4 => one().prop_map(Step::Die),
        1 => one().prop_map(Step::Cancel),
        1 => one().prop_map(Step::Leave),
        4 => (one(), any::<bool>()).prop_map(|(task, tied)| Step::Claim(task, tied)),
        1 => (one(), any::<bool>()).prop_map(|(server, on)| Step::Drain(server, on)),
        1 => (one(), 0_u32..=1, 0_u32..=2).prop_map(|(server, g, c)| Step::Grow(server, g, c)),
        1 => (1_u32..=3, 1_u32..=6).prop_map(|(gpus, cpus)| Step::AddServer(gpus, cpus)),
        1 => one().prop_map(Step::TakeName),
        4 => Just(Step::Pass),
    ]
}

fn stories(longest: usize) -> impl Strategy<Value = Story> {
    vec(
        (prop_oneof![2 => Just(0_i64), 3 => 1_i64..=4], steps()),
        1..=longest,
    )
}

fn server_specs(sizes: &[(u32, u32, Option<&str>)]) -> ClusterSpec {
    let servers = sizes.iter().enumerate();
    let spec = |(index, &(gpus, cpus, host)): (usize, &(u32, u32, Option<&str>))| ServerSpec {
        name: name(&format!("s{index}")),
        gpus,
        cpus,
        drain: false,
        host: host.map(ToOwned::to_owned),
        cards: Default::default(),
    };
    ClusterSpec::new(servers.map(spec).collect()).unwrap()
}

fn clusters() -> impl Strategy<Value = ClusterSpec> {
    let host = option::weighted(0.4, select(vec!["h0", "h1"]));
    vec((1_u32..=4, 1_u32..=8, host), 1..=3).prop_map(|sizes| server_specs(&sizes))
}

fn described_as(cluster: &Cluster) -> Vec<ServerSpec> {
    let servers = cluster.servers().iter();
    servers
        .map(|server| ServerSpec {
            name: server.name.clone(),
            gpus: server.total_gpus,
            cpus: server.total_cpus,
            drain: server.drain,
            host: server.host.clone(),
            cards: Default::default(),
        })
        .collect()
}

fn pick<T: Clone>(all: &[T], which: &Index) -> Option<T> {
    (!all.is_empty()).then(|| which.get(all).clone())
}

/// A cluster with a clock, and what is known of the dead.
struct World {
    cluster: Cluster,
    limits: Limits,
    minute: i64,
    dead: HashSet<LeaseId>,
    born: usize,
    /// Names that v0.1 took from those who wait for them.
    taken: HashSet<String>,
    /// What was kept for whom.
    kept: Option<(LeaseId, Name)>,
}

impl World {
    fn new(spec: &ClusterSpec) -> Self {
        Self {
            cluster: Cluster::fresh(spec),
            limits: Limits {
                grace: minutes(2),
                ..any_size()
            },
            minute: 0,
            dead: HashSet::new(),
            born: 0,
            taken: HashSet::new(),
            kept: None,
        }
    }

    fn now(&self) -> Timestamp {
        at(self.minute)
    }

    fn facts(&self) -> Facts {
        Facts {
            dead: self.dead.clone(),
            ..Facts::at(self.now())
        }
    }

    fn next(&mut self, kind: &str) -> String {
        self.born += 1;
        format!("{kind}{:05}", self.born)
    }

    /// One that sorts after those of the same minute, but before those of earlier ones: it only
    /// tells equal moments apart.
    fn next_lease(&mut self, tie: LeaseKind) -> Lease {
        let id = self.next(&format!("w{:05}n", 99_999 - self.minute));
        lease(&id, tie)
    }

    fn named(&mut self, wish: &Wish) -> Request {
        let task = self.next("t");
        let lease = wish.tie.map(|tie| self.next_lease(tie));
        let request = wish.request.clone().tied_to(lease);
        Request {
            task: name(&task),
            ..request
        }
    }

    /// A command waits under the lease that it will run on, all others under one of their own.
    fn waiter(&mut self, request: Request, until: Option<i64>) -> Waiter {
        let runs = request
            .lease
            .clone()
            .filter(|lease| lease.tie == LeaseKind::Run);
        Waiter {
            lease: runs.unwrap_or_else(|| self.next_lease(LeaseKind::Claim)),
            request: request.tied_to(None),
            since: self.now(),
            order: None,
            until: until.map(|after| at(self.minute + after)),
            reserved: None,
            cancelled: false,
        }
    }

    fn tasks(&self) -> Vec<allocator::Task> {
        self.cluster.tasks().map(|(_, task)| task.clone()).collect()
    }

    fn promises(&self) -> Vec<Promise> {
        line::promises(&self.cluster, self.now(), &self.limits)
    }

    fn promise(&self) -> Option<Promise> {
        line::promise(&self.cluster, self.now(), &self.limits)
    }

    /// Settles, and a twin that is written down in another order likewise.
    fn advance(&mut self) -> Advanced {
        let facts = self.facts();
        let mut twin = reordered(&self.cluster);
        let settled = advance(&mut self.cluster, &facts, &self.limits);
        let other = advance(&mut twin, &facts, &self.limits);
        assert_eq!(by_task(&settled.freed), by_task(&other.freed));
        assert_eq!(settled.granted, other.granted);
        assert_eq!(in_one_order(&self.cluster), in_one_order(&twin));
        settled
    }

    fn take(&mut self, step: &Step) {
        let now = self.now();
        let limits = self.limits;
        match step {
            Step::Allocate(wish) => {
                let request = self.named(wish);
                let _ = allocator::allocate(&mut self.cluster, &request, &limits, now);
            }
            Step::Enqueue(wish, until) => {
                let request = self.named(wish);
                let waiter = self.waiter(request, *until);
                let _ = allocator::enqueue(&mut self.cluster, waiter, &limits, now);
            }
            Step::Release(which) => {
                if let Some(task) = pick(&self.tasks(), which) {
                    release(&mut self.cluster, task.id.as_str());
                }
            }
            Step::Renew(which, ttl) => {
                if let Some(task) = pick(&self.tasks(), which) {
                    self.renew(&task, *ttl);
                }
            }
            Step::Die(which) => {
                let leases: Vec<_> = self.cluster.leases().cloned().collect();
                self.dead.extend(pick(&leases, which).map(|lease| lease.id));
            }
            Step::Cancel(which) => {
                if let Some(waiter) = pick(&in_line(&self.cluster), which) {
                    let actor = forced(nobody());
                    allocator::cancel(&mut self.cluster, &waiter.request.task, &actor).unwrap();
                }
            }
            Step::Leave(which) => {
                if let Some(waiter) = pick(self.cluster.queue(), which) {
                    allocator::leave(&mut self.cluster, &waiter.lease.id).unwrap();
                }
            }
            Step::Claim(which, tied) => {
                let mut leases: Vec<_> = self
                    .cluster
                    .tasks()
                    .filter_map(|(_, task)| task.lease.clone())
                    .collect();
                leases.retain(|lease| lease.tie == LeaseKind::Claim);
                if let Some(claim) = pick(&leases, which) {
                    let tie = tied.then(|| self.next_lease(LeaseKind::Process));
                    allocator::take_grant(&mut self.cluster, &claim.id, tie).unwrap();
                }
            }
            Step::Drain(which, on) => {
                let mut servers = described_as(&self.cluster);
                let which = which.index(servers.len());
                servers[which].drain = *on;
                self.reconcile(servers);
            }
            Step::Grow(which, gpus, cpus) => {
                let mut servers = described_as(&self.cluster);
                let which = which.index(servers.len());
                servers[which].gpus += gpus;
                servers[which].cpus += cpus;
                self.reconcile(servers);
            }
            Step::AddServer(gpus, cpus) => {
                let mut servers = described_as(&self.cluster);
                servers.push(ServerSpec {
                    name: name(&self.next("s")),
                    gpus: *gpus,
                    cpus: *cpus,
                    drain: false,
                    host: None,
                    cards: Default::default(),
                });
                self.reconcile(servers);
            }
            Step::TakeName(which) => self.take_name(which),
            Step::Pass => {}
        }
    }

    fn reconcile(&mut self, servers: Vec<ServerSpec>) {
        let spec = ClusterSpec::new(servers).unwrap();
        allocator::reconcile(&mut self.cluster, &spec).unwrap();
    }

    fn renew(&mut self, task: &allocator::Task, ttl: Option<i64>) {
        let before = self.promise();
        let ttl = ttl.map(minutes);
        let facts = self.facts();
        let actor = forced(nobody());
        let renewed = allocator::renew(
            &mut self.cluster,
            &task.id,
            ttl,
            &actor,
            &self.limits,
            &facts,
        );
        let Some(before) = before.filter(|promise| task.start > promise.waiter.since) else {
            let known = ttl.is_some() || task.term.is_some();
            assert_eq!(renewed.is_ok(), known, "it promised nothing");
            return;
        };
        let Some(ttl) = ttl.or(task.term.map(|term| term.ttl)) else {
            assert!(matches!(renewed, Err(Refusal::NoTtl { .. })));
            return;
        };
        let first = &before.waiter.request;
        let with = with_end(&self.cluster, task, self.now() + ttl);
        let then = line::certain(&with, first, self.now(), &self.limits);
        let is_kept = before
            .start
            .is_none_or(|start| then.is_some_and(|then| then <= start));
        match renewed {
            Ok(_) => assert!(is_kept, "{task:?} {before:?}"),
            Err(Refusal::Behind(behind)) => {
                assert_eq!(behind.task, first.task);
                assert!(!is_kept, "{task:?} {before:?}");
            }
            other => panic!("{other:?}"),
        }
    }

    fn take_name(&mut self, which: &Index) {
        let waiters = self.cluster.queue().to_vec();
        let mut servers = self.cluster.servers().to_vec();
        let server = servers
            .iter_mut()
            .find(|server| !server.free_gpus.is_empty() && server.free_cpus > 0);
        let Some((server, waiter)) = server.zip(pick(&in_line(&self.cluster), which)) else {
            return;
        };
        let task = &waiter.request.task;
        if self.cluster.find_task(task).is_some() {
            return;
        }
        let gpus = vec![server.free_gpus.remove(0)];
        server.free_cpus -= 1;
        server.tasks.push(allocator::Task {
            id: task.clone(),
            gpus,
            cpus: 1,
            start: at(self.minute),
            owner: None,
            term: None,
            lease: None,
            idle_since: None,
            program: None,
            steps: Vec::new(),
        });
        self.taken.insert(task.to_string());
        self.cluster = Cluster::new(servers).unwrap().with_queue(waiters);
    }

    /// What must hold whenever everything is settled.
    fn check(&mut self, settled: &Advanced) {
        assert_eq!(self.cluster.check(), Ok(()));
        self.check_shares();
        self.check_waiters();
        self.check_grants(settled);
        self.check_freed(&settled.freed);
        self.check_promise();
        self.check_server_is_kept();
        let mut again = self.cluster.clone();
        let nothing = advance(&mut again, &self.facts(), &self.limits);
        assert_eq!(nothing, Advanced::default());
        assert_eq!(again, self.cluster);
    }

    fn check_shares(&self) {
        for server in self.cluster.servers() {
            let held = server.tasks.iter().flat_map(|task| &task.gpus);
            let mut gpus: Vec<_> = held.chain(&server.free_gpus).copied().collect();
            gpus.sort_unstable();
            assert!(
                gpus.iter()
                    .map(|&gpu| u32::from(gpu))
                    .eq(0..server.total_gpus)
            );
            let cpus: u32 = server.tasks.iter().map(|task| task.cpus).sum();
            assert_eq!(cpus + server.free_cpus, server.total_cpus);
            for task in &server.tasks {
                assert!(
                    task.lease
                        .as_ref()
                        .is_none_or(|lease| !self.dead.contains(&lease.id))
                );
                let runs = task
                    .lease
                    .as_ref()
                    .is_some_and(|lease| lease.tie == LeaseKind::Run);
                assert!(runs || task.term.is_none_or(|term| term.end > self.now()));
            }
        }
    }

    /// Who waits is alive and in time, holds nothing, and could not start.
    fn check_waiters(&self) {
        let promises = self.promises();
        let first = promises.first().map(|promise| &promise.waiter.lease.id);
        let explained = allocator::explain(&self.cluster, self.now(), &self.limits);
        assert!(
            explained
                .iter()
                .map(|told| &told.waiter.lease.id)
                .eq(in_line(&self.cluster).iter().map(|waiter| &waiter.lease.id))
        );
        for (waiter, told) in in_line(&self.cluster).iter().zip(explained) {
            assert!(!self.dead.contains(&waiter.lease.id));
            assert!(waiter.until.is_none_or(|until| until > self.now()));
            let held = self
                .cluster
                .tasks()
                .filter_map(|(_, task)| task.lease.as_ref());
            assert!(!held.map(|lease| &lease.id).any(|id| *id == waiter.lease.id));
            assert_eq!(waiter.reserved.is_some(), Some(&waiter.lease.id) == first);
            if self.cluster.find_task(&waiter.request.task).is_some() {
                assert!(self.taken.contains(waiter.request.task.as_str()));
                assert_eq!(told.why, Why::NameTaken);
                continue;
            }
            let before = |promise: &&Promise| promise.waiter.lease.id != waiter.lease.id;
            let kept: Vec<_> = promises.iter().take_while(before).cloned().collect();
            let request = &waiter.request;
            assert!(
                !could_start(&self.cluster, request, &kept, &self.limits, self.now()),
                "{waiter:?} could start"
            );
            let there_is_room = has_room(&self.cluster, request, &self.limits, self.now());
            assert_eq!(matches!(told.why, Why::Behind { .. }), there_is_room);
            assert!(!matches!(told.why, Why::Ready | Why::NameTaken));
        }
    }

    /// All of what was asked for, to who waited, in the order of the queue.
    fn check_grants(&self, settled: &Advanced) {
        for (id, grant) in &settled.granted {
            assert!(
                !self
                    .cluster
                    .queue()
                    .iter()
                    .any(|waiter| waiter.lease.id == *id)
            );
            let (server, task) = self.cluster.find_task(&grant.task).unwrap();
            assert_eq!(
                *grant,
                Grant::of(task, server, &self.cluster.servers()[server])
            );
            assert_eq!(task.lease.as_ref().map(|lease| &lease.id), Some(id));
            assert_eq!(task.start, self.now());
        }
    }

    /// Only what died, or whose time was over and no command's.
    fn check_freed(&self, freed: &[Expired]) {
        for Expired { task, why, .. } in freed {
            let lease = task.lease.as_ref();
            let is_dead = lease.is_some_and(|lease| self.dead.contains(&lease.id));
            assert_eq!(*why == ExpiryReason::Ended, is_dead);
            if *why == ExpiryReason::Lapsed {
                assert!(lease.is_none_or(|lease| lease.tie != LeaseKind::Run));
                assert!(task.term.unwrap().end <= self.now());
            }
        }
    }

    /// The first in line keeps its server, but for one that is certain to be ready earlier.
    fn check_server_is_kept(&mut self) {
        let promise = self.promise();
        let kept = promise.as_ref().map(|promise| {
            let server = &self.cluster.servers()[promise.server];
            (promise.waiter.lease.id.clone(), server.name.clone())
        });
        if let (Some((was_first, before)), Some(promise)) = (&self.kept, &promise) {
            let request = &promise.waiter.request;
            let old = &self.cluster.servers()[self.cluster.find_server(before.as_str()).unwrap()];
            let same_first = *was_first == promise.waiter.lease.id;
            let moved = self.cluster.servers()[promise.server].name != *before;
            if same_first && moved && line::may_run(request, old) {
                let there = line::certain_on(old, request, self.now(), &self.limits);
                assert!(promise.start.unwrap() < there.unwrap(), "{promise:?}");
            }
        }
        self.kept = kept;
    }

    /// Nowhere is it certain to start earlier.
    fn check_promise(&self) {
        let Some(promise) = self.promise() else {
            return;
        };
        let Some(start) = promise.start else {
            return;
        };
        let request = &promise.waiter.request;
        let certain = line::certain(&self.cluster, request, self.now(), &self.limits);
        assert_eq!(certain, Some(start));
    }

    /// The same wish, but over at the moment that is promised, or that many minutes later.
    fn ending_at_promise(&self, wish: &Wish, later: i64) -> Option<Wish> {
        let grace = if wish.tie == Some(LeaseKind::Run) {
            self.limits.grace
        } else {
            minutes(0)
        };
        let ttl = self.promise()?.start? - self.now() - grace + minutes(later);
        let mut wish = wish.clone();
        wish.request.ttl = Some(ttl).filter(|ttl| *ttl > minutes(0));
        wish.request.ttl.is_some().then_some(wish)
    }

    /// A newcomer without a place in the queue gets what one with the last place gets at once.
    fn check_newcomer(&mut self, wish: &Wish) {
        let mut request = self.named(wish);
        if wish.tie == Some(LeaseKind::Process) {
            request.lease = None;
        }
        let now = self.now();
        let without = allocator::allocate(&mut self.cluster.clone(), &request, &self.limits, now);
        let waiter = self.waiter(request.clone(), None);
        let with = allocator::enqueue(&mut self.cluster.clone(), waiter, &self.limits, now);
        let promises = self.promises();
        let there_is_room = has_room(&self.cluster, &request, &self.limits, now);
        let could = could_start(&self.cluster, &request, &promises, &self.limits, now);
        match (without, with) {
            (Ok(without), Ok(with)) => {
                assert_eq!(Some(without), with);
                assert!(could);
            }
            (Err(Refusal::Behind(_)), Ok(None)) => assert!(there_is_room && !could),
            (Err(Refusal::Insufficient(_)), Ok(None)) => assert!(!there_is_room),
            (Err(without), Err(with)) => assert_eq!(without, with),
            (without, with) => panic!("{without:?} but {with:?}"),
        }
    }
}

fn with_end(cluster: &Cluster, task: &allocator::Task, end: Timestamp) -> Cluster {
    let mut servers = cluster.servers().to_vec();
    let tasks = servers.iter_mut().flat_map(|server| &mut server.tasks);
    for held in tasks.filter(|held| held.id == task.id) {
        let ttl = end - now();
        held.term = Some(Deadline { ttl, end });
    }
    Cluster::new(servers).unwrap()
}

fn by_task(freed: &[Expired]) -> BTreeMap<String, Expired> {
    let freed = freed.iter();
    freed
        .map(|freed| (freed.task.id.to_string(), freed.clone()))
        .collect()
}

/// The same, written down the other way round.
fn reordered(cluster: &Cluster) -> Cluster {
    let mut servers = cluster.servers().to_vec();
    for server in &mut servers {
        server.tasks.reverse();
    }
    let mut waiters = cluster.queue().to_vec();
    waiters.reverse();
    waiters.sort_by_key(|waiter| waiter.until);
    Cluster::new(servers).unwrap().with_queue(waiters)
}

fn in_one_order(cluster: &Cluster) -> (Vec<allocator::Server>, Vec<Waiter>) {
    let mut servers = cluster.servers().to_vec();
    for server in &mut servers {
        server.tasks.sort_by_key(|task| task.id.clone());
    }
    let mut waiters = cluster.queue().to_vec();
    waiters.sort_by_key(|waiter| waiter.lease.id.clone());
    (servers, waiters)
}

/// Lets the story happen; what must hold is looked at before and after each step.
fn happens(world: &mut World, story: &Story, probe: &Wish) {
    for (later, step) in story {
        world.minute += later;
        let settled = world.advance();
        world.check(&settled);
        let before = world.promise();
        world.take(step);
        let is_later = matches!(step, Step::Allocate(_) | Step::Enqueue(..));
        let settled = world.advance();
        world.check(&settled);
        if let (true, Some(before)) = (is_later, before) {
            let after = world.promise().unwrap();
            assert_eq!(after.waiter.lease.id, before.waiter.lease.id);
            assert!(!before.is_broken_by(&after), "{before:?} {after:?}");
        }
        world.check_newcomer(probe);
        for later in [0, 1] {
            if let Some(probe) = world.ending_at_promise(probe, later) {
                world.check_newcomer(&probe);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn the_rules_of_the_queue_hold_after_every_step(
        spec in clusters(),
        story in stories(40),
        probe in wishes(),
    ) {
        happens(&mut World::new(&spec), &story, &probe);
    }
}

/// A request that comes at some minute and takes so long.
#[derive(Clone, Debug)]
struct Job {
    request: Request,
    comes: i64,
    takes: i64,
}

/// What became of a job that was let into the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Played {
    /// How many stood before it when it came.
    ahead: usize,
    start: Option<i64>,
}

/// Plays what these jobs do, one minute after another. Each ends when its time is over, if it ever
/// does, and else lapses.
fn play(spec: &ClusterSpec, jobs: &[(String, Job)], until: i64) -> BTreeMap<String, Played> {
    let mut world = World::new(spec);
    let mut played: BTreeMap<String, Played> = BTreeMap::new();
    for minute in 0..=until {
        world.minute = minute;
        let facts = world.facts();
        for task in world.tasks() {
            let (_, job) = jobs
                .iter()
                .find(|(called, _)| *called == task.id.as_str())
                .unwrap();
            if task.start + minutes(job.takes) <= facts.now {
                release(&mut world.cluster, task.id.as_str());
            }
        }
        advance(&mut world.cluster, &facts, &world.limits);
        for (called, job) in jobs.iter().filter(|(_, job)| job.comes == minute) {
            let ahead = world.cluster.queue().len();
            let request = Request {
                task: name(called),
                ..job.request.clone()
            };
            let waiter = waiting(request, minute);
            if allocator::enqueue(&mut world.cluster, waiter, &world.limits, facts.now).is_ok() {
                played.insert(called.clone(), Played { ahead, start: None });
            }
        }
        for task in world.tasks() {
            let played = played.get_mut(task.id.as_str()).unwrap();
            played.start.get_or_insert(minute);
        }
    }
    played
}

const FOR_EVER: i64 = 1_000_000;

/// Jobs that end exactly at their known end, or never.
fn exact_jobs(comes: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Job> {
    let ttls = option::weighted(0.85, 1_i64..=12);
    (requests(ttls.clone()), comes).prop_map(|(request, comes)| {
        let takes = request.ttl.map_or(FOR_EVER, |ttl| ttl.num_minutes());
        Job {
            request,
            comes,
            takes,
        }
    })
}

fn called(kind: &str, jobs: &[Job]) -> Vec<(String, Job)> {
    let jobs = jobs.iter().enumerate();
    jobs.map(|(index, job)| (format!("{kind}{index:03}"), job.clone()))
        .collect()
}

proptest! {
    #![proptest_config(cases(250))]

    /// The first in line starts at the same moment whatever comes after it.
    #[test]
    fn later_requests_delay_nobody_whose_turn_is_known(
        spec in clusters(),
        earlier in vec(exact_jobs(0..=0), 1..=6),
        first in requests(Just(None)),
        later in vec(exact_jobs(1..=15), 1..=30),
    ) {
        let mut jobs = called("a", &earlier);
        let mut world = World::new(&spec);
        // Only what got in at once was there before; the others would have stood in line.
        jobs.retain(|(task, job)| {
            let request = Request { task: name(task), ..job.request.clone() };
            let grant = allocator::allocate(&mut world.cluster, &request, &world.limits, at(0));
            grant.is_ok()
        });
        let first = Job { request: first, comes: 0, takes: FOR_EVER };
        jobs.push(("f".to_owned(), first));
        let expected = play(&spec, &jobs, 40).get("f").copied();
        jobs.extend(called("z", &later));
        prop_assert_eq!(play(&spec, &jobs, 40).get("f").copied(), expected);
    }
}

const LONGEST: i64 = 8;

/// Jobs that end in time, or earlier than they might, or nobody knows when.
fn ending_jobs(comes: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Job> {
    let ttls = option::weighted(0.6, 1..=LONGEST);
    (requests(ttls), 1..=LONGEST, comes).prop_map(|(request, takes, comes)| {
        let takes = request
            .ttl
            .map_or(takes, |ttl| takes.min(ttl.num_minutes()));
        Job {
            request,
            comes,
            takes,
        }
    })
}

/// A stream of small jobs that never ends as long as anybody looks.
fn streams(until: i64) -> impl Strategy<Value = Vec<Job>> {
    let small = ending_jobs(0..=0).prop_map(|mut job| {
        if let Gpus::Count(count) = &mut job.request.demand.gpus {
            *count = (*count).min(2);
        }
        job
    });
    vec(small, 3..=9).prop_map(move |kinds| {
        let turns = kinds.into_iter().cycle().zip(2..=2 * until + 1);
        let one = |(kind, turn)| Job {
            comes: turn / 2,
            ..kind
        };
        turns.map(one).collect()
    })
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn nobody_starves_behind_a_stream_of_later_requests(
        spec in clusters(),
        early in vec(ending_jobs(0..=0), 1..=8),
        line in vec(ending_jobs(1..=1), 1..=3),
        stream in streams(5 * LONGEST),
    ) {
        let until = 5 * LONGEST;
        let mut jobs = called("a", &early);
        jobs.extend(called("l", &line));
        jobs.extend(called("z", &stream));
        for (task, played) in play(&spec, &jobs, until) {
            let (_, job) = jobs.iter().find(|(called, _)| *called == task).unwrap();
            let waited = played.start.unwrap_or(until) - job.comes;
            let bound = (i64::try_from(played.ahead).unwrap() + 1) * LONGEST;
            prop_assert!(waited <= bound, "{} waits too long: {:?}", task, played);
        }
    }
}
