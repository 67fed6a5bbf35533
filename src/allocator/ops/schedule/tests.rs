//! The pass that remembers decides exactly as one that looks anew for each waiter.

use super::*;
use crate::allocator::policy::choice::choose;
use crate::allocator::policy::quotas::over;
use crate::allocator::policy::reservation::{reserve, reserve_another};
use crate::allocator::{
    ClusterSpec, Cpus, Facts, Gpus, Lease, LeaseKind, Name, Process, Quotas, Request, ServerSpec,
    allocate,
};
use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// The rule as it is said, with nothing remembered.
fn decide_plainly(cluster: &mut Cluster, now: Timestamp, limits: &Limits) -> Vec<(LeaseId, Grant)> {
    let mut granted = Vec::new();
    loop {
        let (more, is_settled) = go_through_plainly(cluster, now, limits);
        granted.extend(more);
        if is_settled {
            return granted;
        }
    }
}

fn go_through_plainly(
    cluster: &mut Cluster,
    now: Timestamp,
    limits: &Limits,
) -> (Vec<(LeaseId, Grant)>, bool) {
    let mut granted = Vec::new();
    let mut whose: Vec<LeaseId> = Vec::new();
    let mut kept: Vec<Reservation> = Vec::new();
    let mut keeps = true;
    for position in turns(cluster) {
        let waiter = cluster.queue()[position].clone();
        let lease = Some(&waiter.lease);
        if !may_start(cluster, &waiter, limits) {
            continue;
        }
        if let Some(server) = choose(cluster, &waiter.request, lease, &kept, now, limits) {
            let id = waiter.lease.id.clone();
            let request = waiter.request.clone().tied_to(lease.cloned());
            granted.push((id, grant(cluster, server, &request, now)));
        } else if keeps {
            let reservation = match kept.is_empty() {
                true => reserve(cluster, &waiter, now, limits),
                false => reserve_another(cluster, &waiter.request, &kept, now, limits),
            };
            match reservation {
                Some(reservation) => {
                    whose.push(waiter.lease.id.clone());
                    kept.push(reservation);
                    keeps = kept.len() < KEPT;
                }
                None => keeps = kept.is_empty(),
            }
        }
    }
    let kept_waiters = cluster.queue().iter();
    let mut kept_waiters = kept_waiters.filter(|waiter| whose.contains(&waiter.lease.id));
    let is_settled =
        granted.is_empty() || kept_waiters.all(|waiter| may_start(cluster, waiter, limits));
    let first = whose.into_iter().next().zip(kept.first());
    let reserved = first.map(|(id, kept)| (id, cluster.servers()[kept.server].name.clone()));
    record(cluster, &granted, reserved.as_ref());
    (granted, is_settled)
}

fn may_start(cluster: &Cluster, waiter: &Waiter, limits: &Limits) -> bool {
    let request = &waiter.request;
    over(cluster, request, &limits.caps).is_none() && cluster.find_task(&request.task).is_none()
}

fn now() -> Timestamp {
    chrono::DateTime::UNIX_EPOCH.fixed_offset()
}

/// A demand of one of few kinds, so that many requests are alike.
fn requests() -> impl Strategy<Value = Request> {
    let gpus = prop_oneof![
        4 => (0_u32..=3).prop_map(Gpus::Count),
        1 => Just(Gpus::These([0, 1].into())),
    ];
    let cpus = select(vec![Cpus::PerGpu, Cpus::Exactly(std::num::NonZeroU32::MIN)]);
    let ttl = option::weighted(0.6, select(vec![1_i64, 5]));
    let host = option::weighted(0.2, select(vec!["h0", "h1"]));
    let prefer = option::weighted(0.2, select(vec!["s0", "s1"]));
    let owner = option::of(select(vec!["alice", "bob"]));
    (gpus, cpus, ttl, host, prefer, owner).prop_map(|(gpus, cpus, ttl, host, prefer, owner)| {
        let name = Name::try_from("unnamed".to_owned()).unwrap();
        Request {
            host: host.map(ToOwned::to_owned),
            prefer: prefer.map(ToOwned::to_owned),
            owner: owner.map(ToOwned::to_owned),
            ttl: ttl.map(TimeDelta::minutes),
            ..Request::new(name, gpus, cpus)
        }
    })
}

fn named(request: Request, name: &str) -> Request {
    Request {
        task: name.parse().unwrap(),
        ..request
    }
}

fn waiter(request: Request, number: usize, tie: LeaseKind) -> Waiter {
    let lease = Lease {
        id: format!("l{number}").parse().unwrap(),
        tie,
        process: Process {
            host: "h0".to_owned(),
            boot: None,
            namespace: None,
            pid: 1,
            started: 1,
        },
    };
    Waiter {
        lease,
        request: named(request, &format!("t{}", number % 9)),
        since: now(),
        order: Some(i64::try_from(number).unwrap()),
        until: None,
        reserved: None,
        cancelled: false,
    }
}

fn clusters() -> impl Strategy<Value = ClusterSpec> {
    let server = (
        1_u32..=4,
        1_u32..=6,
        option::weighted(0.4, select(vec!["h0", "h1"])),
    );
    vec(server, 1..=4).prop_map(|servers| {
        let spec = |(index, (gpus, cpus, host)): (usize, (u32, u32, Option<&str>))| ServerSpec {
            name: format!("s{index}").parse().unwrap(),
            gpus,
            cpus,
            drain: false,
            host: host.map(ToOwned::to_owned),
            cards: Default::default(),
        };
        ClusterSpec::new(servers.into_iter().enumerate().map(spec).collect()).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pass_decides_as_the_plain_rule(
        spec in clusters(),
        running in vec(requests(), 0..8),
        waiting in vec((requests(), select(vec![LeaseKind::Run, LeaseKind::Claim])), 0..24),
        cap in option::of(1_u32..6),
        later in 0_i64..8,
    ) {
        let caps = Quotas { total: cap, ..Quotas::default() };
        let limits = Limits { min_gpus_per_task: 0, caps, ..Limits::default() };
        let mut cluster = Cluster::fresh(&spec);
        for (number, request) in running.into_iter().enumerate() {
            let _ = allocate(&mut cluster, &named(request, &format!("t{}", number * 4)), &limits, now());
        }
        let queue = waiting.into_iter().enumerate();
        let queue = queue.map(|(number, (request, tie))| waiter(request, number, tie));
        let mut fast = cluster.with_queue(queue.collect());
        let mut plain = fast.clone();
        // Some lapse, and leave room to those who wait.
        let moment = now() + TimeDelta::minutes(later);
        for cluster in [&mut fast, &mut plain] {
            crate::allocator::expire(cluster, &Facts::at(moment));
        }
        prop_assert_eq!(
            decide(&mut fast, moment, &limits),
            decide_plainly(&mut plain, moment, &limits)
        );
        prop_assert_eq!(&fast, &plain);
    }

    #[test]
    fn one_reason_is_the_one_among_all(
        spec in clusters(),
        waiting in vec(requests(), 0..24),
        cap in option::of(1_u32..6),
    ) {
        let caps = Quotas { total: cap, ..Quotas::default() };
        let limits = Limits { min_gpus_per_task: 0, caps, ..Limits::default() };
        let queue = waiting.into_iter().enumerate();
        let queue = queue.map(|(number, request)| waiter(request, number, LeaseKind::Claim));
        let mut cluster = Cluster::fresh(&spec).with_queue(queue.collect());
        decide(&mut cluster, now(), &limits);
        let all = crate::allocator::explain(&cluster, now(), &limits);
        for (position, explained) in all.iter().enumerate() {
            let id = &explained.waiter.lease.id;
            let one = crate::allocator::explain_one(&cluster, id, now(), &limits).unwrap();
            prop_assert_eq!(&one.explained, explained);
            prop_assert_eq!((one.place, one.of), (position + 1, all.len()));
        }
    }
}
