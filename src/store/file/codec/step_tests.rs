//! Steps in the file: absent where unused, and kept whole.

use super::{decode, encode};
use crate::allocator::{
    Cluster, ClusterSpec, Cpus, Demand, Facts, Gpus, Lease, LeaseKind, Limits, Process, Request,
    StepRequest, advance, allocate, release_step, take_step,
};
use crate::store::error::NotAState;

const NOW: &str = "2026-01-31T09:00:00.123456+09:00";

fn lease(id: &str) -> Lease {
    Lease {
        id: id.parse().unwrap(),
        tie: LeaseKind::Run,
        process: Process {
            host: "gpu1".to_owned(),
            boot: None,
            namespace: None,
            pid: 4242,
            started: 1,
        },
    }
}

fn take(cluster: &mut Cluster, id: &str, inside: Option<&str>, demand: Demand) {
    let request = StepRequest {
        run: "outer".parse().unwrap(),
        step: inside.map(|step| step.parse().unwrap()),
        lease: lease(id),
        demand,
        waits: true,
    };
    take_step(cluster, request, &Limits::default(), NOW.parse().unwrap()).unwrap();
}

/// A run of 4 GPUs: `s1` has 3, of which `s2` has one; two wait.
fn busy() -> Cluster {
    let mut cluster = Cluster::fresh(&ClusterSpec::equal(1, 4, 8).unwrap());
    let outer = Request::new("outer".parse().unwrap(), Gpus::Count(4), Cpus::PerGpu);
    let outer = outer.tied_to(Some(lease("outer")));
    allocate(
        &mut cluster,
        &outer,
        &Limits::default(),
        NOW.parse().unwrap(),
    )
    .unwrap();
    let gpus = |count| Demand::new(Gpus::Count(count), Cpus::PerGpu);
    take(&mut cluster, "s1", None, gpus(3));
    take(&mut cluster, "s2", Some("s1"), gpus(1));
    take(&mut cluster, "s3", None, gpus(2));
    let these = Demand::new(Gpus::These([0, 2].into()), Cpus::exactly(1).unwrap());
    take(&mut cluster, "s4", None, these);
    cluster
}

fn text_of(cluster: &Cluster) -> String {
    let pieces = encode(None, cluster, NOW.parse().unwrap());
    pieces.unwrap().concat()
}

#[test]
fn steps_decode_to_what_was_encoded() {
    let cluster = busy();
    let text = text_of(&cluster);
    let (decoded, _) = decode(&text).unwrap();
    let steps = |cluster: &Cluster| cluster.servers()[0].tasks[0].steps.clone();
    assert_eq!(steps(&cluster).len(), 4);
    assert_eq!(steps(&decoded), steps(&cluster), "{text}");
}

#[test]
fn a_changed_step_keeps_what_is_not_known_of_it() {
    let odd = text_of(&busy()).replace(
        "\"gpu_ids\": [0, 1, 2],",
        "\"note\": {\"a\": [1]}, \"gpu_ids\":[0, 1,  2],",
    );
    let odd = odd.replace(
        "\"waits_for\": {\"gpus\": 2}",
        "\"waits_for\": {\"gpus\": 2}, \"why\": 1e3",
    );
    let (mut cluster, places) = decode(&odd).unwrap();
    release_step(&mut cluster, &"s2".parse().unwrap()).unwrap();
    let changed = encode(Some((&odd, &places)), &cluster, NOW.parse().unwrap());
    let changed = changed.unwrap().concat();
    assert!(
        changed.contains("\"note\": {\"a\": [1]}, \"gpu_ids\":[0, 1,  2],"),
        "{changed}"
    );
    assert!(!changed.contains("\"s2\""), "{changed}");

    let (mut cluster, places) = decode(&changed).unwrap();
    release_step(&mut cluster, &"s1".parse().unwrap()).unwrap();
    let facts = Facts::at(NOW.parse().unwrap());
    assert_eq!(
        advance(&mut cluster, &facts, &Limits::default())
            .steps
            .len(),
        1
    );
    let granted = encode(Some((&changed, &places)), &cluster, NOW.parse().unwrap());
    let granted = granted.unwrap().concat();
    assert!(granted.contains("\"why\": 1e3"), "{granted}");
    assert!(granted.contains("\"gpu_ids\": [0, 1]"), "{granted}");
    assert_eq!(decode(&granted).unwrap().0, cluster);

    for step in ["s3", "s4"] {
        release_step(&mut cluster, &step.parse().unwrap()).unwrap();
    }
    let (_, places) = decode(&granted).unwrap();
    let without = encode(Some((&granted, &places)), &cluster, NOW.parse().unwrap());
    assert!(
        !without.unwrap().concat().contains("steps"),
        "absent where unused"
    );
}

#[test]
fn a_step_that_disagrees_is_refused_with_its_place() {
    let damaged = [
        ("\"gpu_ids\": [0]", "\"gpu_ids\": [3]", "steps[1].gpu_ids: "),
        (
            "\"parent\": \"s1\"",
            "\"parent\": \"s9\"",
            "steps[1].parent: ",
        ),
        (
            "\"parent\": \"s1\"",
            "\"parent\": \"-\"",
            "steps[1].parent: ",
        ),
        ("\"cpus\": 6", "\"cpus\": 9", "steps[0].cpus: "),
        ("\"gpus\": 2", "\"gpus\": 2000", "steps[2].waits_for.gpus: "),
    ];
    for (sound, wrong, place) in damaged {
        let text = text_of(&busy());
        assert!(text.contains(sound), "{sound}: {text}");
        let Err(NotAState::Damaged(damage)) = decode(&text.replacen(sound, wrong, 1)) else {
            panic!("{wrong} is accepted");
        };
        let said = damage.to_string();
        let place = format!("servers[0].running_tasks[0].{place}");
        assert!(said.starts_with(&place), "{wrong}: {said}");
    }
}
