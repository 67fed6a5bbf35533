//! What holds for any cluster after any history.

use crate::model::{Held, Model, No, held};
use crate::support::*;
use gpumgr::allocator::{
    self, Actor, Cluster, ClusterSpec, Cpus, Demand, GpuId, Gpus, Limits, Refusal, Request, Server,
    ServerSpec, allocate, first_fit, plan_reconcile, reconcile,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeSet;

/// Names of servers; some read like IDs, of which the name must win.
const SERVERS: [&str; 5] = ["a", "b", "0", "1", "c"];

/// Few enough that IDs are met again, so that tasks are taken, unknown and released.
const TASKS: [&str; 7] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6"];

#[derive(Clone, Debug)]
enum Operation {
    Allocate(Box<Request>),
    Release(&'static str, Actor),
    Reconcile(ClusterSpec),
    /// The current description, but for the drain of one server.
    Drain(usize, bool),
    Reset(ClusterSpec, Actor),
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        // A failing case is printed; it is not written into the repository.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn clusters() -> impl Strategy<Value = ClusterSpec> {
    let names = subsequence(SERVERS.to_vec(), 1..=4).prop_shuffle();
    let sizes = vec((0_u32..=6, 1_u32..=16, prop::bool::weighted(0.1)), 4);
    (names, sizes).prop_map(|(names, sizes)| {
        let server = |(called, (gpus, cpus, drain)): (&str, _)| ServerSpec {
            name: name(called),
            gpus,
            cpus,
            drain,
            host: None,
            cards: Default::default(),
        };
        ClusterSpec::new(names.into_iter().zip(sizes).map(server).collect()).unwrap()
    })
}

fn demands() -> impl Strategy<Value = Demand> {
    let gpus = prop_oneof![
        3 => (0_u32..=7).prop_map(Gpus::Count),
        1 => btree_set(0_u16..=6, 0..=3).prop_map(Gpus::These),
    ];
    let cpus = prop_oneof![
        Just(Cpus::PerGpu),
        (1_u32..=17).prop_map(|count| Cpus::exactly(count).unwrap()),
    ];
    (gpus, cpus).prop_map(|(gpus, cpus)| Demand::new(gpus, cpus))
}

fn users() -> impl Strategy<Value = Option<String>> {
    option::of(select(vec!["ann", "bob"]).prop_map(ToOwned::to_owned))
}

fn actors() -> impl Strategy<Value = Actor> {
    (users(), prop::bool::weighted(0.4)).prop_map(|(user, force)| Actor {
        user,
        force,
        is_root: false,
    })
}

fn requests() -> impl Strategy<Value = Request> {
    let prefer = option::weighted(0.3, select(vec!["a", "b", "0", "1", "2", "3", "c", "x"]));
    (select(&TASKS[..]), demands(), prefer, users()).prop_map(|(task, demand, prefer, owner)| {
        let request = Request::new(name(task), demand.gpus, demand.cpus).owned_by(owner);
        match prefer {
            Some(server) => request.prefer(server),
            None => request,
        }
    })
}

fn limits_of_tasks() -> impl Strategy<Value = Limits> {
    let max = option::weighted(0.3, 2_u32..=7);
    (0_u32..=2, max).prop_map(|(min, max)| limits(min, max))
}

fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![
        10 => requests().prop_map(|request| Operation::Allocate(Box::new(request))),
        5 => (select(&TASKS[..]), actors()).prop_map(|(task, actor)| Operation::Release(task, actor)),
        3 => clusters().prop_map(Operation::Reconcile),
        2 => (0_usize..4, any::<bool>()).prop_map(|(server, on)| Operation::Drain(server, on)),
        1 => (clusters(), actors()).prop_map(|(spec, actor)| Operation::Reset(spec, actor)),
    ]
}

/// A cluster and what happens to it.
type History = (ClusterSpec, Limits, Vec<Operation>);

fn histories(longest: usize) -> impl Strategy<Value = History> {
    let operations = vec(operations(), 1..=longest);
    (clusters(), limits_of_tasks(), operations)
}

fn description(servers: &[Server]) -> Vec<ServerSpec> {
    let described = |server: &Server| ServerSpec {
        name: server.name.clone(),
        gpus: server.total_gpus,
        cpus: server.total_cpus,
        drain: server.drain,
        host: server.host.clone(),
        cards: Default::default(),
    };
    servers.iter().map(described).collect()
}

/// The current description, but for the drain of one server.
fn with_drain(cluster: &Cluster, position: usize, on: bool) -> ClusterSpec {
    let mut servers = description(cluster.servers());
    let position = position % servers.len();
    servers[position].drain = on;
    ClusterSpec::new(servers).unwrap()
}

/// What came of an operation: what was granted or given back, if anything was.
type Came = Result<Option<Held>, Refusal>;

fn apply(cluster: &mut Cluster, limits: &Limits, operation: &Operation) -> Came {
    match operation {
        Operation::Allocate(request) => {
            let grant = allocate(cluster, request, limits, now())?;
            assert_eq!(cluster.servers()[grant.server_id].name, grant.server_name);
            let server = &cluster.servers()[grant.server_id];
            let task = server.tasks.last().unwrap();
            assert_eq!(
                (
                    &grant.task,
                    &grant.gpus,
                    grant.cpus,
                    &grant.owner,
                    grant.start
                ),
                (&task.id, &task.gpus, task.cpus, &task.owner, task.start)
            );
            Ok(Some(held(server.name.as_str(), task)))
        }
        Operation::Release(task, actor) => {
            let released = allocator::release(cluster, &name(task), actor)?;
            assert_eq!(
                cluster.servers()[released.server_id].name,
                released.server_name
            );
            Ok(Some(held(released.server_name.as_str(), &released.task)))
        }
        Operation::Reconcile(spec) => reconcile(cluster, spec).map(|_| None),
        Operation::Drain(position, on) => {
            let spec = with_drain(cluster, *position, *on);
            reconcile(cluster, &spec).map(|_| None)
        }
        Operation::Reset(spec, actor) => allocator::reset(cluster, spec, actor).map(|_| None),
    }
}

fn apply_to_model(
    model: &mut Model,
    limits: &Limits,
    operation: &Operation,
) -> Result<Option<Held>, No> {
    match operation {
        Operation::Allocate(request) => model.allocate(request, limits).map(Some),
        Operation::Release(task, actor) => model.release(task, actor).map(Some),
        Operation::Reconcile(spec) => model.reconcile(spec.servers()).map(|()| None),
        Operation::Drain(position, on) => {
            let position = position % model.servers.len();
            model.servers[position].drain = *on;
            Ok(None)
        }
        Operation::Reset(spec, actor) => model.reset(spec.servers(), actor).map(|()| None),
    }
}

/// The cluster after all of that, as if it had just been read.
fn after((spec, limits, operations): &History) -> Cluster {
    let mut cluster = Cluster::fresh(spec);
    for operation in operations {
        let _ = apply(&mut cluster, limits, operation);
    }
    reloaded(&cluster)
}

/// The positions at which another server stands than before, or none did.
fn differences(before: &[Server], after: &[Server]) -> Vec<usize> {
    (0..after.len())
        .filter(|&index| before.get(index) != Some(&after[index]))
        .collect()
}

/// The server and GPUs by trying every set of GPUs there is: the first server in order, and
/// there the set with the lowest IDs.
fn brute_force(
    servers: &[Server],
    demand: &Demand,
    preferred: Option<usize>,
) -> Option<(usize, BTreeSet<GpuId>)> {
    let order = preferred.into_iter().chain(0..servers.len());
    for index in order {
        let server = &servers[index];
        let sets = (0_u32..1 << server.total_gpus).map(|bits| {
            (0..GpuId::try_from(server.total_gpus).unwrap())
                .filter(|gpu| bits & (1 << gpu) != 0)
                .collect::<BTreeSet<_>>()
        });
        let is_meant = |set: &BTreeSet<GpuId>| match &demand.gpus {
            Gpus::Count(count) => set.len() == *count as usize,
            Gpus::These(ids) => set == ids,
        };
        let is_free = |set: &BTreeSet<GpuId>| {
            let mut tasks = server.tasks.iter();
            tasks.all(|task| task.gpus.iter().all(|gpu| !set.contains(gpu)))
        };
        let held: u32 = server.tasks.iter().map(|task| task.cpus).sum();
        let enough_cpus = held + demand.cpus_on(server) <= server.total_cpus;
        // Sets compare as their sorted members do, so the least is that of the lowest IDs.
        let lowest = sets.filter(|set| is_meant(set) && is_free(set)).min();
        if let (false, true, Some(set)) = (server.drain, enough_cpus, lowest) {
            return Some((index, set));
        }
    }
    None
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn every_history_ends_as_in_the_plain_model((spec, limits, operations) in histories(40)) {
        let mut cluster = Cluster::fresh(&spec);
        let mut model = Model::new(spec.servers());
        for operation in &operations {
            let before = cluster.clone();
            let came = apply(&mut cluster, &limits, operation);
            let expected = apply_to_model(&mut model, &limits, operation);
            prop_assert_eq!(cluster.check(), Ok(()));
            model.assert_same(&cluster);
            if came.is_err() {
                prop_assert_eq!(cluster.servers(), before.servers());
                prop_assert_eq!(cluster.edited(), before.edited());
            }
            prop_assert_eq!(came.map_err(|refusal| No::from(&refusal)), expected);
        }
    }

    #[test]
    fn whatever_differs_counts_as_edited(
        history in histories(15),
        operations in vec(operations(), 1..=6),
    ) {
        let mut cluster = after(&history);
        let before = cluster.servers().to_vec();
        for operation in &operations {
            let _ = apply(&mut cluster, &history.1, operation);
            for index in differences(&before, cluster.servers()) {
                prop_assert!(cluster.edited().contains(&index), "server {}", index);
            }
            // What is to be written must exist, and a server that went must not go unnoticed.
            prop_assert!(cluster.edited().iter().all(|&index| index < cluster.servers().len()));
            if before.len() != cluster.servers().len() {
                prop_assert!(!cluster.edited().is_empty());
            }
        }
    }

    #[test]
    fn a_grant_edits_its_server_alone(history in histories(15), request in requests()) {
        let mut cluster = after(&history);
        if let Ok(grant) = allocate(&mut cluster, &request, &any_size(), now()) {
            prop_assert_eq!(edited(&cluster), [grant.server_id]);
        }
    }

    #[test]
    fn first_fit_is_what_trying_everything_finds(
        history in histories(25),
        demand in demands(),
        preferred in option::of(0_usize..4),
    ) {
        let mut cluster = after(&history);
        let preferred = preferred.map(|index| index % cluster.servers().len());
        let expected = brute_force(cluster.servers(), &demand, preferred);
        prop_assert_eq!(
            first_fit(cluster.servers(), &demand, preferred),
            expected.as_ref().map(|(server, _)| *server)
        );
        let mut request = Request::new(name("new"), demand.gpus, demand.cpus);
        request.prefer = preferred.map(|index| cluster.servers()[index].name.to_string());
        let granted = allocate(&mut cluster, &request, &any_size(), now()).ok();
        prop_assert_eq!(
            granted.map(|grant| (grant.server_id, grant.gpus.into_iter().collect())),
            expected
        );
    }

    #[test]
    fn a_grant_is_what_was_asked_for_and_was_free(history in histories(25), request in requests()) {
        let mut cluster = after(&history);
        let before = cluster.servers().to_vec();
        if let Ok(grant) = allocate(&mut cluster, &request, &any_size(), now()) {
            let server = &before[grant.server_id];
            prop_assert!(!server.drain);
            prop_assert!(grant.gpus.iter().all(|gpu| server.free_gpus.contains(gpu)));
            prop_assert!(grant.cpus >= 1 && grant.cpus <= server.free_cpus);
            prop_assert!(grant.gpus.is_sorted_by(|one, next| one < next));
            match &request.demand.gpus {
                Gpus::Count(count) => prop_assert_eq!(grant.gpus.len(), *count as usize),
                Gpus::These(ids) => prop_assert!(grant.gpus.iter().eq(ids)),
            }
            if let Cpus::Exactly(cpus) = request.demand.cpus {
                prop_assert_eq!(grant.cpus, cpus.get());
            }
        }
    }

    #[test]
    fn a_release_undoes_an_allocate_exactly(history in histories(25), request in requests()) {
        let mut cluster = after(&history);
        let before = cluster.servers().to_vec();
        if allocate(&mut cluster, &request, &any_size(), now()).is_ok() {
            allocator::release(&mut cluster, &request.task, &forced(nobody())).unwrap();
            prop_assert_eq!(cluster.servers(), before);
        }
    }

    /// Impossible is for ever, insufficient is for now.
    #[test]
    fn a_refusal_is_for_ever_only_if_an_idle_cluster_refuses_too(
        history in histories(25),
        demand in demands(),
    ) {
        let mut cluster = after(&history);
        let mut servers = description(cluster.servers());
        servers.iter_mut().for_each(|server| server.drain = false);
        let mut idle = Cluster::fresh(&ClusterSpec::new(servers).unwrap());
        let request = Request::new(name("new"), demand.gpus, demand.cpus);
        let on_idle = allocate(&mut idle, &request, &any_size(), now());
        match allocate(&mut cluster, &request, &any_size(), now()) {
            Ok(_) | Err(Refusal::Insufficient(_)) => prop_assert!(on_idle.is_ok()),
            Err(refusal) => prop_assert_eq!(on_idle, Err(refusal)),
        }
    }

    #[test]
    fn no_reconcile_forgets_or_changes_a_task(history in histories(25), spec in clusters()) {
        let mut cluster = after(&history);
        let running = tasks(&cluster);
        let planned = plan_reconcile(&cluster, &spec);
        prop_assert_eq!(planned.is_empty(), cluster.is_as_described(&spec));
        if let Ok(changes) = reconcile(&mut cluster, &spec) {
            prop_assert_eq!(changes, planned);
            prop_assert!(cluster.is_as_described(&spec));
            prop_assert_eq!(plan_reconcile(&cluster, &spec), []);
        }
        prop_assert_eq!(tasks(&cluster), running);
        prop_assert_eq!(cluster.check(), Ok(()));
    }

    #[test]
    fn without_the_tasks_in_the_way_a_refused_reconcile_succeeds(
        history in histories(25),
        spec in clusters(),
    ) {
        let mut cluster = after(&history);
        if let Err(Refusal::InTheWay { blockers }) = reconcile(&mut cluster, &spec) {
            prop_assert!(!blockers.is_empty());
            for task in blockers.iter().flat_map(|blocker| &blocker.tasks) {
                allocator::release(&mut cluster, task, &forced(nobody())).unwrap();
            }
            prop_assert!(reconcile(&mut cluster, &spec).is_ok());
        }
    }

    #[test]
    fn a_reconcile_with_what_is_there_does_nothing(history in histories(25)) {
        let mut cluster = after(&history);
        let before = cluster.clone();
        let same = ClusterSpec::new(description(cluster.servers())).unwrap();
        prop_assert_eq!(reconcile(&mut cluster, &same), Ok(Vec::new()));
        prop_assert_eq!(cluster, before);
    }

    #[test]
    fn the_same_history_ends_the_same_twice((spec, limits, operations) in histories(25)) {
        let mut twins = [Cluster::fresh(&spec), Cluster::fresh(&spec)];
        for operation in &operations {
            let [one, other] = twins.each_mut().map(|twin| apply(twin, &limits, operation));
            prop_assert_eq!(one, other);
        }
        let [one, other] = twins;
        prop_assert_eq!(one, other);
    }
}
