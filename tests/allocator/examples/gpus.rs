//! What is free on paper alone, kinds of GPUs, idle tasks, and whose a process is.

use crate::support::{
    any_size, ask, ask_both, at, facts, grant, granted_at, idle, lease, minutes, name, owned,
    queue_up, refusal,
};
use bytesize::ByteSize;
use chrono::TimeDelta;
use gpumgr::allocator::{
    self, Adoption, Ancestor, Cards, Cluster, ClusterSpec, Cpus, Device, Facts, GpuKind, Gpus,
    LeaseKind, MemoryUse, NotMeasured, Occupant, PerGpu, Refusal, Run, Sample, ServerSpec, Task,
    UnavailableReason, Unreadable, adopt, advance, apply_sample, measured_server,
};

const GIB: u64 = 1 << 30;

/// A card that nobody uses.
pub(crate) fn device(uuid: &str) -> Device {
    Device {
        uuid: Ok(uuid.to_owned()),
        model: Ok("A100".to_owned()),
        memory: Ok(MemoryUse {
            used: 0,
            total: 80 * GIB,
        }),
        utilization: Ok(0),
        temperature: Ok(30),
        power: Ok(60_000),
        processes: Ok(Vec::new()),
        drawing: 0,
    }
}

/// A process that has no part in any task.
pub(crate) fn occupant(pid: u32) -> Occupant {
    Occupant {
        pid,
        memory: Some(GIB),
        user: Some("mallory".to_owned()),
        command: Some("python3".to_owned()),
        age: None,
        lineage: vec![kin(pid), kin(1)],
        run: Run::Hidden,
        namespace: Some(1),
        ignored: false,
    }
}

fn kin(pid: u32) -> Ancestor {
    Ancestor {
        pid,
        inner: pid,
        started: u64::from(pid) * 10,
    }
}

pub(crate) fn sample(devices: Vec<Device>) -> Sample {
    Sample {
        devices: Ok(devices.into_iter().map(Ok).collect()),
        trust_bookkeeping: false,
        idle_memory: ByteSize::mib(512),
    }
}

/// On the machine `here`.
pub(crate) fn seen(minute: i64, sample: Sample) -> Facts {
    Facts {
        host: Some("here".to_owned()),
        sample: Some(sample),
        ..facts(minute, &[])
    }
}

fn withholding(cluster: &Cluster, gpu: u16) -> Option<UnavailableReason> {
    cluster.servers()[0].outlook.withholding(gpu).cloned()
}

/// Why a GPU of a server with these cards is withheld, by this sample.
fn judged(cards: Cards, sample: Sample) -> Option<UnavailableReason> {
    let spec = ServerSpec {
        cards,
        ..ServerSpec::of(&idle(&[("a", 1, 1)]).servers()[0])
    };
    let mut cluster = Cluster::fresh(&ClusterSpec::new(vec![spec]).unwrap());
    apply_sample(&mut cluster, &seen(0, sample));
    withholding(&cluster, 0)
}

fn judged_device(change: impl Fn(&mut Device)) -> Option<UnavailableReason> {
    let mut device = device("u");
    change(&mut device);
    judged(Cards::default(), sample(vec![device]))
}

#[test]
fn what_keeps_a_gpu_from_being_granted() {
    let failed = Unreadable::Failed("lost".to_owned());
    assert_eq!(judged_device(|_| ()), None);
    assert_eq!(
        judged_device(|device| device.processes = Ok(vec![occupant(7)])),
        Some(UnavailableReason::Busy(vec![occupant(7)]))
    );
    assert_eq!(
        judged_device(|device| device.processes = Err(failed.clone())),
        Some(UnavailableReason::Unknown(failed.clone()))
    );
    assert_eq!(
        judged_device(|device| device.memory = Err(failed.clone())),
        Some(UnavailableReason::Unknown(failed.clone()))
    );
    // A card that never tells its memory is judged by its processes; one that tells no use, likewise.
    assert_eq!(
        judged_device(|device| device.memory = Err(Unreadable::NotTold)),
        None
    );
    for field in [
        |device: &mut Device| device.utilization = Err(Unreadable::Late),
        |device: &mut Device| device.temperature = Err(Unreadable::Late),
        |device: &mut Device| device.power = Err(Unreadable::Late),
        |device: &mut Device| device.model = Err(Unreadable::Late),
        |device: &mut Device| device.uuid = Err(Unreadable::Late),
    ] {
        assert_eq!(judged_device(field), None);
    }
    assert_eq!(
        judged(Cards::default(), sample(Vec::new())),
        Some(UnavailableReason::Missing { lost: None })
    );
}

#[test]
fn memory_is_in_use_beyond_what_is_explained_and_a_little() {
    let used = |mib: u64| {
        move |device: &mut Device| {
            device.memory = Ok(MemoryUse {
                used: mib << 20,
                total: 80 * GIB,
            });
        }
    };
    assert_eq!(judged_device(used(512)), None);
    assert_eq!(
        judged_device(used(513)),
        Some(UnavailableReason::Draining(513 << 20))
    );
    let explained = |drawing: u64, ignored: Option<u64>| {
        judged_device(|device| {
            used(2048)(device);
            device.drawing = drawing << 20;
            device.processes = Ok(vec![Occupant {
                ignored: true,
                memory: ignored.map(|mib| mib << 20),
                ..occupant(7)
            }]);
        })
    };
    assert_eq!(explained(1000, Some(536)), None);
    assert_eq!(
        explained(1000, Some(535)),
        Some(UnavailableReason::Draining(513 << 20))
    );
    // Where a process does not tell how much it has, nothing can be concluded.
    assert_eq!(explained(0, None), None);
}

#[test]
fn trust_grants_what_is_unknown_and_nothing_else() {
    let trusting = |device: Device| Sample {
        trust_bookkeeping: true,
        ..sample(vec![device])
    };
    let unknown = Device {
        processes: Err(Unreadable::Late),
        ..device("u")
    };
    assert_eq!(judged(Cards::default(), trusting(unknown)), None);
    let late = Sample {
        devices: Err(Unreadable::Late),
        ..trusting(device("u"))
    };
    assert_eq!(judged(Cards::default(), late), None);
    let busy = Device {
        processes: Ok(vec![occupant(7)]),
        ..device("u")
    };
    assert!(judged(Cards::default(), trusting(busy)).is_some());
    let other = Cards {
        uuids: vec!["v".to_owned()],
        ..Cards::default()
    };
    assert!(judged(other, trusting(device("u"))).is_some());
}

#[test]
fn a_card_is_known_by_its_uuid() {
    let cards = |uuids: &[&str]| Cards {
        uuids: uuids.iter().map(ToString::to_string).collect(),
        ..Cards::default()
    };
    let swapped = |was, lost: &str| {
        Some(UnavailableReason::Swapped {
            uuid: "u".to_owned(),
            was,
            lost: Some(lost.to_owned()),
        })
    };
    let judged = |uuids: &[&str]| judged(cards(uuids), sample(vec![device("u")]));
    assert_eq!(judged(&["u"]), None);
    assert_eq!(judged(&[""]), None);
    assert_eq!(judged(&["v"]), swapped(None, "v"));
    assert_eq!(judged(&["v", "u"]), swapped(Some(1), "v"));
}

#[test]
fn the_measured_server_is_the_one_with_this_name_or_the_only_one_without() {
    let named = |hosts: &[Option<&str>]| {
        let servers = hosts.iter().enumerate().map(|(index, host)| ServerSpec {
            name: name(&format!("s{index}")),
            host: host.map(ToOwned::to_owned),
            ..ServerSpec::of(&idle(&[("a", 1, 1)]).servers()[0])
        });
        let spec = ClusterSpec::new(servers.collect()).unwrap();
        measured_server(Cluster::fresh(&spec).servers(), "here")
    };
    assert_eq!(named(&[None]), Ok(0));
    assert_eq!(named(&[Some("there"), Some("HERE.example.org")]), Ok(1));
    assert_eq!(named(&[None, Some("here")]), Ok(1));
    assert_eq!(named(&[None, None]), Err(NotMeasured::NoServer));
    assert_eq!(named(&[Some("there")]), Err(NotMeasured::NoServer));
    assert_eq!(
        named(&[Some("here"), Some("here")]),
        Err(NotMeasured::Several)
    );
}

#[test]
fn what_is_free_on_paper_alone_is_neither_granted_nor_counted() {
    let mut cluster = idle(&[("a", 3, 3)]);
    let mut devices = vec![device("0"), device("1"), device("2")];
    devices[0].processes = Ok(vec![occupant(7)]);
    let busy = seen(0, sample(devices));
    advance(&mut cluster, &busy, &any_size());
    let Refusal::Insufficient(shortage) = refusal(&mut cluster, &ask("t", 3)) else {
        panic!("it is not free");
    };
    let nearest = shortage.nearest.unwrap();
    assert_eq!((nearest.free_gpus, nearest.lacks_gpus), (2, 1));
    let withheld = shortage.withheld.unwrap();
    assert_eq!(withheld.server, name("a"));
    assert_eq!(
        withheld.gpus,
        [(0, UnavailableReason::Busy(vec![occupant(7)]))]
    );
    let granted = allocator::allocate(&mut cluster, &ask("u", 2), &any_size(), at(0)).unwrap();
    assert_eq!(granted.gpus, [1, 2]);
    // It was seen, not written.
    assert_eq!(cluster.servers()[0].free_gpus, [0]);
    let before = idle(&[("a", 3, 3)]);
    let mut after = before.clone();
    apply_sample(&mut after, &busy);
    assert!(!after.is_edited());
}

#[test]
fn who_waits_gets_what_is_free_in_fact_as_soon_as_it_is() {
    let mut cluster = idle(&[("a", 1, 1)]);
    let mut busy = device("0");
    busy.processes = Ok(vec![occupant(7)]);
    apply_sample(&mut cluster, &seen(0, sample(vec![busy.clone()])));
    queue_up(&mut cluster, ask("t", 1), 0);
    let settled = advance(&mut cluster, &seen(1, sample(vec![busy])), &any_size());
    assert_eq!(settled.granted, []);
    let settled = advance(
        &mut cluster,
        &seen(2, sample(vec![device("0")])),
        &any_size(),
    );
    assert_eq!(settled.granted[0].1.task, name("t"));
}

#[test]
fn only_a_process_on_a_servers_own_machine_grants_it_to_who_waits_there() {
    let spec = ServerSpec {
        host: Some("there".to_owned()),
        ..ServerSpec::of(&idle(&[("a", 1, 1)]).servers()[0])
    };
    let mut cluster = Cluster::fresh(&ClusterSpec::new(vec![spec]).unwrap());
    grant(&mut cluster, &ask("holder", 1));
    let mut waiter = crate::support::waiting(ask("t", 1), 0);
    waiter.lease.process.host = "there".to_owned();
    assert!(
        allocator::enqueue(&mut cluster, waiter, &any_size(), at(0))
            .unwrap()
            .is_none()
    );
    crate::support::release(&mut cluster, "holder");
    let from = |host: &str| Facts {
        host: Some(host.to_owned()),
        ..facts(1, &[])
    };
    assert_eq!(
        advance(&mut cluster, &from("here"), &any_size()).granted,
        []
    );
    // It is kept for it meanwhile.
    assert!(matches!(
        refusal(&mut cluster, &ask("u", 1)),
        Refusal::Behind(_)
    ));
    assert_eq!(
        advance(&mut cluster, &from("there"), &any_size())
            .granted
            .len(),
        1
    );
    assert_eq!(granted_at(&mut cluster, 2), [""; 0]);
}

#[test]
fn a_kind_is_a_part_of_the_models_name_and_a_least_memory() {
    let cards = Cards {
        models: Some(PerGpu::List(vec![
            "NVIDIA A10".into(),
            "NVIDIA A100".into(),
            String::new(),
        ])),
        memory: Some(PerGpu::List(vec![
            ByteSize::gib(24),
            ByteSize::gib(80),
            ByteSize(0),
        ])),
        uuids: Vec::new(),
    };
    let fits = |model: Option<&str>, memory: Option<u64>| {
        let kind = GpuKind {
            model: model.map(ToOwned::to_owned),
            memory: memory.map(ByteSize::gib),
        };
        let fit = (0..4).filter(|gpu| kind.is(&cards, *gpu));
        fit.collect::<Vec<_>>()
    };
    assert_eq!(fits(None, None), [0, 1, 2, 3]);
    assert_eq!(fits(Some("a10"), None), [0, 1]);
    assert_eq!(fits(Some("A100"), None), [1]);
    assert_eq!(fits(None, Some(24)), [0, 1]);
    assert_eq!(fits(None, Some(25)), [1]);
    assert_eq!(fits(Some("A10"), Some(81)), [0_u16; 0]);
}

#[test]
fn a_task_idles_from_when_it_was_seen_to_until_it_is_seen_not_to() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("t", 2));
    let used = |percent| {
        let mut device = device("1");
        device.utilization = Ok(percent);
        sample(vec![self::device("0"), device])
    };
    let mut idle_since = |minute, sample| {
        advance(&mut cluster, &seen(minute, sample), &any_size());
        cluster.servers()[0].tasks[0].idle_since
    };
    // A task that has just begun is not idle, nor one of which a part cannot be seen.
    assert_eq!(idle_since(0, used(0)), None);
    let mut partly = used(0);
    partly.devices.as_mut().unwrap()[0] = Err(Unreadable::Late);
    assert_eq!(idle_since(4, partly), None);
    assert_eq!(idle_since(5, used(0)), Some(at(5)));
    assert_eq!(idle_since(9, used(0)), Some(at(5)));
    let mut unknown = used(0);
    unknown.devices = Err(Unreadable::Late);
    assert_eq!(idle_since(10, unknown), Some(at(5)));
    assert_eq!(idle_since(11, used(1)), None);
    assert_eq!(idle_since(12, used(0)), Some(at(12)));
    let task = &cluster.servers()[0].tasks[0];
    assert_eq!(task.idle(at(40), minutes(30)), None);
    assert_eq!(task.idle(at(42), minutes(30)), Some(minutes(30)));
}

fn held(tie: Option<(LeaseKind, u32)>) -> Task {
    let mut cluster = idle(&[("a", 1, 1)]);
    let lease = tie.map(|(tie, pid)| {
        let mut lease = lease("l", tie);
        lease.process.pid = pid;
        lease.process.started = u64::from(pid) * 10;
        lease.process.namespace = Some(1);
        lease
    });
    grant(&mut cluster, &owned(ask("t", 1), "alice").tied_to(lease));
    cluster.servers()[0].tasks[0].clone()
}

#[test]
fn a_plain_tasks_processes_are_its_owners() {
    let task = held(None);
    assert!(!occupant(7).belongs_to(&task));
    let own = Occupant {
        user: Some("alice".to_owned()),
        ..occupant(7)
    };
    assert!(own.belongs_to(&task));
    let nobodys = Task {
        owner: None,
        ..task.clone()
    };
    assert!(occupant(7).belongs_to(&nobodys));
    // What cannot be seen from here is in a container, and the task is not.
    let hidden = Occupant {
        lineage: Vec::new(),
        ..own
    };
    assert!(!hidden.belongs_to(&task));
}

#[test]
fn a_tied_tasks_processes_are_those_of_its_tree() {
    let task = held(Some((LeaseKind::Process, 5)));
    let child = |lineage: Vec<Ancestor>| Occupant {
        lineage,
        user: Some("alice".to_owned()),
        ..occupant(7)
    };
    assert!(child(vec![kin(7), kin(6), kin(5), kin(1)]).belongs_to(&task));
    assert!(child(vec![kin(5)]).belongs_to(&task));
    assert!(!child(vec![kin(7), kin(6), kin(1)]).belongs_to(&task));
    // Another process that has that ID now.
    let later = Ancestor {
        started: 52,
        ..kin(5)
    };
    assert!(!child(vec![kin(7), later]).belongs_to(&task));
    // Seen from outside the container that both are in.
    let outside = Ancestor {
        pid: 4005,
        inner: 5,
        started: 50,
    };
    assert!(child(vec![kin(4007), outside]).belongs_to(&task));
}

#[test]
fn a_runs_processes_say_so_themselves_where_their_line_is_lost() {
    let task = held(Some((LeaseKind::Run, 5)));
    let orphan = |run: Run, user: &str| Occupant {
        run,
        user: Some(user.to_owned()),
        ..occupant(7)
    };
    assert!(orphan(Run::Inside("l".parse().unwrap()), "mallory").belongs_to(&task));
    assert!(!orphan(Run::Inside("m".parse().unwrap()), "alice").belongs_to(&task));
    assert!(!orphan(Run::Outside, "alice").belongs_to(&task));
    // Only its user could tell.
    assert!(orphan(Run::Hidden, "alice").belongs_to(&task));
    assert!(!orphan(Run::Hidden, "mallory").belongs_to(&task));
    let with_parents = Occupant {
        lineage: vec![kin(7), kin(6), kin(1)],
        ..orphan(Run::Hidden, "alice")
    };
    assert!(!with_parents.belongs_to(&task));
    // Nothing of a process that somebody named loses its line.
    let tied = held(Some((LeaseKind::Process, 5)));
    assert!(!orphan(Run::Hidden, "alice").belongs_to(&tied));
}

#[test]
fn what_is_in_the_tasks_own_container_is_the_tasks() {
    let task = held(Some((LeaseKind::Process, 5)));
    let inside = |namespace| Occupant {
        lineage: vec![Ancestor {
            pid: 4007,
            inner: 7,
            started: 70,
        }],
        namespace,
        ..occupant(4007)
    };
    assert!(inside(Some(1)).belongs_to(&task));
    assert!(!inside(Some(2)).belongs_to(&task));
    assert!(!inside(None).belongs_to(&task));
}

#[test]
fn adopting_writes_down_what_is_held_in_fact() {
    let mut cluster = idle(&[("a", 4, 8)]);
    // Of its share of 4 CPUs, 3 are left.
    grant(&mut cluster, &ask_both("other", 1, 5));
    let mut devices = vec![device("0"), device("1"), device("2"), device("3")];
    for gpu in [0, 2, 3] {
        let mut process = occupant(7);
        process.lineage = vec![kin(7), kin(5)];
        devices[gpu].processes = Ok(vec![process]);
    }
    let facts = seen(1, sample(devices));
    let lease = held(Some((LeaseKind::Process, 5)))
        .lease
        .map(|lease| *lease);
    let request = owned(ask("t", 0), "mallory")
        .tied_to(lease)
        .lapsing_after(Some(TimeDelta::hours(1)));
    advance(&mut cluster, &facts, &any_size());
    let grant = adopt(&mut cluster, &request, &facts, &any_size()).unwrap();
    // The one that another task holds stays that task's.
    assert_eq!((grant.gpus, grant.cpus), (vec![2, 3], 3));
    assert_eq!(grant.owner.as_deref(), Some("mallory"));
    assert_eq!(grant.term.unwrap().end, at(61));
    cluster.check().unwrap();
    let again = adopt(&mut cluster, &request, &facts, &any_size());
    assert!(matches!(again, Err(Refusal::TaskExists { .. })));
    let named = allocator::Request {
        task: name("u"),
        ..request.clone()
    };
    let held_by = adopt(&mut cluster, &named, &facts, &any_size());
    let why = Adoption::HeldBy(name("other"));
    assert_eq!(held_by, Err(Refusal::NotAdopted { pid: 5, why }));
    let nowhere = adopt(
        &mut cluster,
        &named,
        &seen(1, sample(Vec::new())),
        &any_size(),
    );
    let why = Adoption::ComputesNowhere;
    assert_eq!(nowhere, Err(Refusal::NotAdopted { pid: 5, why }));
}

#[test]
fn ids_of_another_kind_can_never_be_had() {
    let spec = ServerSpec {
        gpus: 2,
        cards: Cards {
            models: Some(PerGpu::List(vec!["A".into(), "B".into()])),
            ..Cards::default()
        },
        ..ServerSpec::of(&idle(&[("a", 1, 8)]).servers()[0])
    };
    let mut cluster = Cluster::fresh(&ClusterSpec::new(vec![spec]).unwrap());
    let ids = |gpu: u16| {
        let gpus = Gpus::These([gpu].into());
        let kind = GpuKind {
            model: Some("b".to_owned()),
            memory: None,
        };
        allocator::Request::new(name("t"), gpus, Cpus::PerGpu).on(kind)
    };
    let Refusal::Impossible(too_much) = refusal(&mut cluster, &ids(0)) else {
        panic!("it is an A");
    };
    let stock = too_much.stock.iter();
    let stock: Vec<_> = stock
        .map(|kind| (kind.gpus, kind.model.as_deref()))
        .collect();
    assert_eq!(stock, [(1, Some("A")), (1, Some("B"))]);
    allocator::allocate(&mut cluster, &ids(1), &any_size(), at(0)).unwrap();
}

#[test]
fn a_server_that_is_free_on_paper_alone_is_not_ready_soonest() {
    let mut cluster = idle(&[("a", 2, 2), ("b", 2, 2)]);
    let mut busy = device("0");
    busy.processes = Ok(vec![occupant(7)]);
    let facts = seen(0, sample(vec![busy, device("1")]));
    let spec = |server: &allocator::Server| ServerSpec {
        host: (server.name == name("a")).then(|| "here".to_owned()),
        ..ServerSpec::of(server)
    };
    let spec = cluster.servers().iter().map(spec).collect();
    allocator::reconcile(&mut cluster, &ClusterSpec::new(spec).unwrap()).unwrap();
    let on_b = ask("holder", 2).prefer("b");
    grant(&mut cluster, &on_b.lapsing_after(Some(minutes(60))));
    advance(&mut cluster, &facts, &any_size());
    queue_up(&mut cluster, ask("t", 2), 0);
    let (_, reservation) = allocator::reservation(&cluster, at(0), &any_size()).unwrap();
    assert_eq!((reservation.server, reservation.start), (1, Some(at(60))));
}

#[test]
fn other_cards_are_a_change_of_the_cluster() {
    let mut cluster = idle(&[("a", 1, 1)]);
    let spec = ServerSpec {
        cards: Cards {
            uuids: vec!["u".to_owned()],
            ..Cards::default()
        },
        ..ServerSpec::of(&cluster.servers()[0])
    };
    let spec = ClusterSpec::new(vec![spec]).unwrap();
    let changes = allocator::reconcile(&mut cluster, &spec).unwrap();
    let server = name("a");
    assert_eq!(changes, [allocator::Change::Cards { server }]);
    assert!(cluster.is_as_described(&spec));
}

/// Servers `a`, which is measured, and `b`, each of that many GPUs.
fn measured_and_other(gpus: u32) -> Cluster {
    let cluster = idle(&[("a", gpus, 8), ("b", gpus, 8)]);
    let spec = |server: &allocator::Server| ServerSpec {
        host: (server.name == name("a")).then(|| "here".to_owned()),
        ..ServerSpec::of(server)
    };
    let spec = cluster.servers().iter().map(spec).collect();
    Cluster::fresh(&ClusterSpec::new(spec).unwrap())
}

fn with_one(gpus: u32, change: impl Fn(&mut Device)) -> Sample {
    let mut devices: Vec<_> = (0..gpus).map(|gpu| device(&gpu.to_string())).collect();
    change(&mut devices[0]);
    sample(devices)
}

#[test]
fn a_promise_moves_from_where_a_stranger_sits_to_where_room_is_certain() {
    let mut cluster = measured_and_other(2);
    let clear = seen(0, with_one(2, |_| ()));
    advance(&mut cluster, &clear, &any_size());
    grant(&mut cluster, &ask("endless", 2).prefer("a"));
    grant(&mut cluster, &ask("other", 2).prefer("b"));
    queue_up(&mut cluster, ask("first", 2), 0);
    assert_eq!(cluster.queue()[0].reserved, Some(name("a")));
    // It ends, but somebody else computes there; and what runs on the other now has an end.
    crate::support::release(&mut cluster, "endless");
    crate::support::release(&mut cluster, "other");
    let strange = seen(
        1,
        with_one(2, |device| device.processes = Ok(vec![occupant(7)])),
    );
    apply_sample(&mut cluster, &strange);
    let later = ask("later", 2).prefer("b").lapsing_after(Some(minutes(60)));
    let mut bare = cluster.clone();
    allocator::leave(&mut bare, &"first".parse().unwrap());
    grant(&mut bare, &later);
    let mut cluster = bare.with_queue(cluster.queue().to_vec());
    advance(&mut cluster, &strange, &any_size());
    assert_eq!(cluster.queue()[0].reserved, Some(name("b")));
}

#[test]
fn nobody_is_kept_a_server_that_stays_too_small_for_them() {
    let mut cluster = measured_and_other(2);
    grant(&mut cluster, &ask("other", 2).prefer("b"));
    let broken = seen(
        0,
        with_one(2, |device| {
            device.processes = Err(Unreadable::Failed("lost".to_owned()));
        }),
    );
    advance(&mut cluster, &broken, &any_size());
    queue_up(&mut cluster, ask("first", 2), 0);
    assert_eq!(cluster.queue()[0].reserved, Some(name("b")));
    // What works of it is for others.
    assert_eq!(grant(&mut cluster, &ask("small", 1)).server_name, name("a"));
    // A card that is only late is about to come back.
    let mut cluster = idle(&[("a", 2, 2)]);
    let late = seen(
        0,
        with_one(2, |device| device.processes = Err(Unreadable::Late)),
    );
    advance(&mut cluster, &late, &any_size());
    queue_up(&mut cluster, ask("first", 2), 0);
    assert!(matches!(
        refusal(&mut cluster, &ask("small", 1)),
        Refusal::Behind(_)
    ));
}

#[test]
fn who_gave_a_grant_back_is_not_given_it_again_at_once() {
    let mut cluster = idle(&[("a", 1, 1)]);
    grant(&mut cluster, &ask("holder", 1));
    let mut request = ask("t", 1);
    request.avoids = Some((name("a"), at(5)));
    queue_up(&mut cluster, request, 0);
    crate::support::release(&mut cluster, "holder");
    assert_eq!(granted_at(&mut cluster, 4), [""; 0]);
    assert_eq!(granted_at(&mut cluster, 5), ["t"]);
}

#[test]
fn what_was_known_of_a_card_stays_known_while_it_cannot_be_read() {
    let before = Cards {
        models: Some(PerGpu::All("A100".to_owned())),
        memory: Some(PerGpu::All(ByteSize::gib(80))),
        uuids: vec!["u".to_owned(), "v".to_owned()],
    };
    let now = Cards {
        models: Some(PerGpu::List(vec!["H100".to_owned(), String::new()])),
        memory: Some(PerGpu::List(vec![ByteSize::gib(90), ByteSize(0)])),
        uuids: vec!["w".to_owned(), String::new()],
    };
    let known = now.or(&before, 2);
    assert_eq!(known.uuids, ["w", "v"]);
    assert_eq!(known.models.unwrap().of(1), Some(&"A100".to_owned()));
    assert_eq!(known.memory.unwrap().of(1), Some(&ByteSize::gib(80)));
    assert_eq!(now.or(&before, 3).uuids, ["w", "v", ""]);
}

fn withheld(cluster: &mut Cluster, request: &allocator::Request) -> Option<allocator::Unavailable> {
    match refusal(cluster, request) {
        Refusal::Insufficient(shortage) => shortage.withheld,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_could_not_help_is_not_named_in_a_refusal() {
    let mut cluster = idle(&[("a", 2, 2)]);
    let strange = seen(
        0,
        with_one(2, |device| device.processes = Ok(vec![occupant(7)])),
    );
    advance(&mut cluster, &strange, &any_size());
    let named = withheld(&mut cluster, &ask("t", 2)).unwrap();
    assert_eq!(named.gpus.len(), 1);
    grant(&mut cluster, &ask("holder", 1));
    // The other one is held, so it would not fit without the stranger either.
    assert_eq!(withheld(&mut cluster, &ask("t", 2)), None);
    assert!(withheld(&mut cluster, &ask("t", 1)).is_some());
}

#[test]
fn adopting_is_as_limited_as_asking_and_says_what_nobody_can_tell() {
    let mut cluster = idle(&[("a", 1, 1)]);
    let lease = held(Some((LeaseKind::Process, 5)))
        .lease
        .map(|lease| *lease);
    let request = ask("t", 0).tied_to(lease);
    let unread = seen(
        0,
        with_one(1, |device| device.processes = Err(Unreadable::Late)),
    );
    let told = adopt(&mut cluster, &request, &unread, &any_size());
    let why = Adoption::CannotTell;
    assert_eq!(told, Err(Refusal::NotAdopted { pid: 5, why }));
    let limits = allocator::Limits {
        max_ttl: Some(minutes(60)),
        ..any_size()
    };
    let long = request.lapsing_after(Some(minutes(61)));
    let told = adopt(&mut cluster, &long, &unread, &limits);
    assert!(matches!(told, Err(Refusal::AboveMaxTtl { .. })));
}
