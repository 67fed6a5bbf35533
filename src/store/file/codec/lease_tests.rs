//! What gpumgr adds to v0.1's layout: absent where unused, and kept whole.

use super::{decode, encode};
use crate::allocator::{
    Actor, Cluster, ClusterSpec, Cpus, Facts, Gpus, Lease, LeaseKind, Limits, Process, Request,
    Waiter, allocate, cancel, enqueue, leave, renew, take_grant,
};
use chrono::TimeDelta;

const NOW: &str = "2026-01-31T09:00:00.123456+09:00";

fn lease(id: &str, tie: LeaseKind) -> Lease {
    let process = Process {
        host: "gpu1 \"quoted\"".to_owned(),
        boot: Some("b-1".to_owned()),
        namespace: Some(4_026_531_836),
        pid: 4242,
        started: u64::MAX,
    };
    Lease {
        id: id.parse().unwrap(),
        tie,
        process,
    }
}

fn request(task: &str, gpus: Gpus) -> Request {
    Request::new(task.parse().unwrap(), gpus, Cpus::PerGpu).owned_by(Some("ann".to_owned()))
}

fn waiter(id: &str, request: Request) -> Waiter {
    let since = NOW.parse().unwrap();
    Waiter {
        lease: lease(id, LeaseKind::Claim),
        request,
        since,
        order: None,
        until: Some(since + TimeDelta::microseconds(1)),
        reserved: None,
        cancelled: false,
    }
}

/// One server of 4 GPUs, of which `held` has 3 for an hour; `big` and `these` wait.
fn busy() -> Cluster {
    let mut cluster = Cluster::fresh(&ClusterSpec::equal(1, 4, 8).unwrap());
    let (limits, now) = (Limits::default(), NOW.parse().unwrap());
    let held = request("held", Gpus::Count(3))
        .lapsing_after(Some(TimeDelta::hours(1)))
        .tied_to(Some(lease("a1", LeaseKind::Run)));
    allocate(&mut cluster, &held, &limits, now).unwrap();
    let mut big = request("big", Gpus::Count(4)).lapsing_after(Some(TimeDelta::seconds(90)));
    big.host = Some("gpu1".to_owned());
    enqueue(&mut cluster, waiter("b2", big), &limits, now).unwrap();
    let mut these = request("these", Gpus::These([0, 2].into()));
    these.prefer = Some("0".to_owned());
    these.demand.cpus = Cpus::exactly(2).unwrap();
    enqueue(&mut cluster, waiter("c3", these), &limits, now).unwrap();
    cluster
}

fn text_of(cluster: &Cluster) -> String {
    let pieces = encode(None, cluster, NOW.parse().unwrap());
    pieces.unwrap().concat()
}

fn reencode(old: &str, change: impl FnOnce(&mut Cluster)) -> String {
    let (mut cluster, places) = decode(old).unwrap();
    change(&mut cluster);
    let pieces = encode(Some((old, &places)), &cluster, NOW.parse().unwrap());
    pieces.unwrap().concat()
}

#[test]
fn leases_terms_and_the_queue_decode_to_what_was_encoded() {
    let queue = busy().queue().to_vec();
    let numbered = queue.into_iter().zip([Some(i64::MIN), None]);
    let numbered = numbered.map(|(waiter, order)| Waiter { order, ..waiter });
    let cluster = busy().with_queue(numbered.collect());
    let (decoded, _) = decode(&text_of(&cluster)).unwrap();
    assert_eq!(decoded.queue(), cluster.queue());
    let (ours, theirs) = (
        &cluster.servers()[0].tasks[0],
        &decoded.servers()[0].tasks[0],
    );
    assert_eq!((&ours.lease, ours.term), (&theirs.lease, theirs.term));
    assert_eq!(
        cluster.queue()[0].reserved.as_ref().unwrap().as_str(),
        "gpu-server-0"
    );
}

#[test]
fn a_changed_task_or_waiter_keeps_what_is_not_known_of_it() {
    let odd = text_of(&busy())
        .replace(
            "\"task_id\": \"held\",",
            "\"note\": {\"a\": [1]}, \"task_id\": \"held\", \"x\": 1e3,",
        )
        .replace(
            "\"task_id\": \"big\",",
            "\"task_id\" : \"big\", \"why\": \"because\",",
        )
        .replace(
            "\"version\": \"0.1\"",
            "\"more\": 1, \"version\": \"0.1\", \"later\": [ ]",
        );
    let facts = Facts::at(NOW.parse().unwrap());
    let changed = reencode(&odd, |cluster| {
        let held = "held".parse().unwrap();
        let actor = Actor {
            user: None,
            force: true,
            is_root: false,
        };
        let two = Some(TimeDelta::hours(2));
        renew(cluster, &held, two, &actor, &Limits::default(), &facts).unwrap();
        cancel(cluster, &"big".parse().unwrap(), &actor).unwrap();
        leave(cluster, &"c3".parse().unwrap()).unwrap();
    });
    for kept in [
        "\"note\": {\"a\": [1]}, \"task_id\": \"held\", \"x\": 1e3,",
        "\"task_id\" : \"big\", \"why\": \"because\",",
        "\"more\": 1, \"version\": \"0.1\"",
        "\"later\": [ ]",
        "\"ttl_seconds\": 7200",
        "\"cancelled\": true",
    ] {
        assert!(changed.contains(kept), "{kept}\n{changed}");
    }
    assert!(!changed.contains("\"these\""), "{changed}");
    assert!(!changed.contains("reserved_server"), "{changed}");
    let (decoded, _) = decode(&changed).unwrap();
    assert!(decoded.queue()[0].cancelled);
}

#[test]
fn nothing_is_left_of_a_queue_that_is_empty_again() {
    let old = text_of(&busy());
    let emptied = reencode(&old, |cluster| {
        for id in ["b2", "c3"] {
            leave(cluster, &id.parse().unwrap()).unwrap();
        }
    });
    assert!(!emptied.contains("queue"), "{emptied}");
    let (cluster, _) = decode(&emptied).unwrap();
    // The date of the last change alone has no fraction.
    assert_eq!(emptied, text_of(&cluster));
}

#[test]
fn a_queue_of_null_or_nobody_is_none_and_is_written_over() {
    let empty = text_of(&Cluster::fresh(&ClusterSpec::equal(1, 1, 1).unwrap()));
    for nobody in ["null", "[]", "[ ]"] {
        let old = empty.replace(
            "\"version\": \"0.1\"",
            &format!("\"queue\": {nobody},\n  \"version\": \"0.1\""),
        );
        let joined = reencode(&old, |cluster| {
            let (limits, now) = (Limits::default(), NOW.parse().unwrap());
            allocate(cluster, &request("held", Gpus::Count(1)), &limits, now).unwrap();
            let next = waiter("b2", request("next", Gpus::Count(1)));
            enqueue(cluster, next, &limits, now).unwrap();
        });
        assert_eq!(joined.matches("\"queue\"").count(), 1, "{joined}");
        assert_eq!(decode(&joined).unwrap().0.queue().len(), 1, "{joined}");
    }
}

#[test]
fn a_claimed_grant_leaves_no_lease_behind() {
    let mut cluster = Cluster::fresh(&ClusterSpec::equal(1, 4, 8).unwrap());
    let (limits, now) = (Limits::default(), NOW.parse().unwrap());
    let granted = waiter("b2", request("t", Gpus::Count(1)));
    assert!(
        enqueue(&mut cluster, granted, &limits, now)
            .unwrap()
            .is_some()
    );
    let old = text_of(&cluster);
    assert!(old.contains("\"tie\": \"claim\""), "{old}");
    let claimed = reencode(&old, |cluster| {
        take_grant(cluster, &"b2".parse().unwrap(), None).unwrap();
    });
    assert!(!claimed.contains("lease"), "{claimed}");
    assert_eq!(claimed, text_of(&decode(&claimed).unwrap().0));
}
