//! Short ways to say what the tests talk about.

use chrono::TimeDelta;
use gpumgr::allocator::{
    self, Actor, Cluster, ClusterSpec, Cpus, Facts, GpuId, Gpus, Grant, Lease, LeaseKind, Limits,
    Name, Process, Refusal, Request, Server, ServerSpec, Task, Timestamp, Waiter,
};

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn names(texts: &[&str]) -> Vec<Name> {
    texts.iter().map(|text| name(text)).collect()
}

pub(crate) fn now() -> Timestamp {
    "2026-01-31T09:00:00+09:00".parse().unwrap()
}

/// Servers as name, GPUs, CPUs.
pub(crate) fn spec(servers: &[(&str, u32, u32)]) -> ClusterSpec {
    ClusterSpec::new(described(servers)).unwrap()
}

pub(crate) fn described(servers: &[(&str, u32, u32)]) -> Vec<ServerSpec> {
    let described = |&(server, gpus, cpus): &(&str, u32, u32)| ServerSpec {
        name: name(server),
        gpus,
        cpus,
        drain: false,
        host: None,
        cards: Default::default(),
    };
    servers.iter().map(described).collect()
}

/// The same servers, of which these drain.
pub(crate) fn draining(servers: &[(&str, u32, u32)], drain: &[&str]) -> ClusterSpec {
    let mut servers = described(servers);
    for server in &mut servers {
        server.drain = drain.contains(&server.name.as_str());
    }
    ClusterSpec::new(servers).unwrap()
}

/// As read from a file: nothing runs, and nothing counts as edited yet.
pub(crate) fn loaded(spec: &ClusterSpec) -> Cluster {
    reloaded(&Cluster::fresh(spec))
}

/// The same servers and tasks, with nothing edited.
pub(crate) fn reloaded(cluster: &Cluster) -> Cluster {
    Cluster::new(cluster.servers().to_vec()).unwrap()
}

pub(crate) fn idle(servers: &[(&str, u32, u32)]) -> Cluster {
    loaded(&spec(servers))
}

pub(crate) fn ids(ids: &[GpuId]) -> Gpus {
    Gpus::These(ids.iter().copied().collect())
}

/// That many GPUs, with CPUs in proportion.
pub(crate) fn ask(task: &str, gpus: u32) -> Request {
    Request::new(name(task), Gpus::Count(gpus), Cpus::PerGpu)
}

pub(crate) fn ask_both(task: &str, gpus: u32, cpus: u32) -> Request {
    let cpus = Cpus::exactly(cpus).unwrap();
    Request::new(name(task), Gpus::Count(gpus), cpus)
}

/// Exactly these GPUs, with CPUs in proportion.
pub(crate) fn ask_ids(task: &str, gpus: &[GpuId]) -> Request {
    Request::new(name(task), ids(gpus), Cpus::PerGpu)
}

pub(crate) fn owned(request: Request, owner: &str) -> Request {
    request.owned_by(Some(owner.to_owned()))
}

pub(crate) fn limits(min: u32, max: Option<u32>) -> Limits {
    Limits {
        min_gpus_per_task: min,
        max_gpus_per_task: max,
        ..Limits::default()
    }
}

/// Tasks of CPUs alone are allowed.
pub(crate) fn any_size() -> Limits {
    limits(0, None)
}

pub(crate) fn grant(cluster: &mut Cluster, request: &Request) -> Grant {
    allocator::allocate(cluster, request, &any_size(), now()).unwrap()
}

/// The server's name and the GPUs.
pub(crate) fn place(cluster: &mut Cluster, request: &Request) -> (String, Vec<GpuId>) {
    let grant = grant(cluster, request);
    (grant.server_name.to_string(), grant.gpus)
}

/// Why it is not granted; the cluster must be as it was, to the last mark of what was edited.
pub(crate) fn refusal_within(cluster: &mut Cluster, request: &Request, limits: &Limits) -> Refusal {
    let before = cluster.clone();
    let refusal = allocator::allocate(cluster, request, limits, now()).unwrap_err();
    assert_eq!(cluster.servers(), before.servers());
    assert_eq!(cluster.edited(), before.edited());
    refusal
}

pub(crate) fn refusal(cluster: &mut Cluster, request: &Request) -> Refusal {
    refusal_within(cluster, request, &any_size())
}

pub(crate) fn user(user: &str) -> Actor {
    Actor {
        user: Some(user.to_owned()),
        force: false,
        is_root: false,
    }
}

pub(crate) fn nobody() -> Actor {
    Actor::default()
}

pub(crate) fn forced(actor: Actor) -> Actor {
    Actor {
        force: true,
        ..actor
    }
}

pub(crate) fn release(cluster: &mut Cluster, task: &str) {
    allocator::release(cluster, &name(task), &forced(nobody())).unwrap();
}

/// Gives back what it holds; a program has left it.
pub(crate) fn end(cluster: &mut Cluster, task: &Name) {
    let actor = forced(nobody());
    let released = allocator::release(cluster, task, &actor);
    if let Err(Refusal::StillUsed { .. }) = released {
        let (_, held) = cluster.find_task(task).unwrap();
        let from = held.lease.as_deref().map(|lease| lease.id.clone());
        let lease = lease("Ender", LeaseKind::Run);
        let id = lease.id.clone();
        allocator::attach(cluster, task, from.as_ref(), lease, &actor).unwrap();
        allocator::release_lease(cluster, &id).unwrap();
    } else {
        released.unwrap();
    }
}

pub(crate) fn server<'c>(cluster: &'c Cluster, called: &str) -> &'c Server {
    let index = cluster.find_server(called).unwrap();
    &cluster.servers()[index]
}

pub(crate) fn task_ids(cluster: &Cluster) -> Vec<String> {
    cluster
        .tasks()
        .map(|(_, task)| task.id.to_string())
        .collect()
}

/// What runs, and what it holds, whichever position its server has.
pub(crate) fn tasks(cluster: &Cluster) -> Vec<(Name, Task)> {
    let mut tasks: Vec<_> = cluster
        .tasks()
        .map(|(index, task)| (cluster.servers()[index].name.clone(), task.clone()))
        .collect();
    tasks.sort_by(|(_, one), (_, other)| one.id.cmp(&other.id));
    tasks
}

pub(crate) fn edited(cluster: &Cluster) -> Vec<usize> {
    cluster.edited().iter().copied().collect()
}

pub(crate) fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

/// That many minutes later.
pub(crate) fn at(minute: i64) -> Timestamp {
    now() + minutes(minute)
}

pub(crate) fn lapsing(request: Request, after: i64) -> Request {
    request.lapsing_after(Some(minutes(after)))
}

pub(crate) fn lease(id: &str, tie: LeaseKind) -> Lease {
    Lease {
        id: id.parse().unwrap(),
        tie,
        process: Process {
            host: "here".to_owned(),
            boot: None,
            namespace: None,
            pid: 1,
            started: 1,
        },
    }
}

/// Waits since that minute, under a lease that is called as the task, but for odd characters.
pub(crate) fn waiting(request: Request, since: i64) -> Waiter {
    let called = request.task.as_str().chars();
    let id: String = called.filter(char::is_ascii_alphanumeric).collect();
    Waiter {
        lease: lease(&id, LeaseKind::Claim),
        request,
        since: at(since),
        order: None,
        until: None,
        reserved: None,
        cancelled: false,
    }
}

/// Lets it join at that minute; it must not be granted at once.
pub(crate) fn queue_up(cluster: &mut Cluster, request: Request, minute: i64) {
    let waiter = waiting(request, minute);
    let granted = allocator::enqueue(cluster, waiter, &any_size(), at(minute)).unwrap();
    assert_eq!(granted, None);
}

/// It is that minute, and these leases are dead.
pub(crate) fn facts(minute: i64, dead: &[&str]) -> Facts {
    let dead = dead.iter().map(|id| id.parse().unwrap()).collect();
    Facts {
        dead,
        ..Facts::at(at(minute))
    }
}

/// Who is granted what when the cluster is made what it ought to be at that minute.
pub(crate) fn granted_at(cluster: &mut Cluster, minute: i64) -> Vec<String> {
    let settled = allocator::advance(cluster, &facts(minute, &[]), &any_size());
    let granted = settled.granted.iter();
    granted.map(|(_, grant)| grant.task.to_string()).collect()
}

/// Whether the request gets in at that minute without waiting, and what else stands in its way.
pub(crate) fn newcomer(
    cluster: &mut Cluster,
    request: &Request,
    minute: i64,
) -> Result<Grant, Refusal> {
    let before = cluster.clone();
    let result = allocator::allocate(cluster, request, &any_size(), at(minute));
    if result.is_err() {
        assert_eq!(*cluster, before);
    }
    result
}

/// Who is first in line where it is kept from starting.
pub(crate) fn behind(result: Result<Grant, Refusal>) -> (String, String) {
    match result {
        Err(Refusal::Behind(behind)) => (behind.task.to_string(), behind.server.to_string()),
        other => panic!("{other:?} is not behind anybody"),
    }
}

/// Who waits, in the order they are written down.
pub(crate) fn queue(cluster: &Cluster) -> Vec<String> {
    let queue = cluster.queue().iter();
    queue
        .map(|waiter| waiter.request.task.to_string())
        .collect()
}
