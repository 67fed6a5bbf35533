//! The layout is public: what it keeps is tested byte for byte.

use super::{decode, encode};
use crate::allocator::{
    Actor, Cluster, ClusterSpec, Cpus, Gpus, Limits, Request, allocate, reconcile, release,
};

const V01: &str = include_str!("../../../../tests/data/v0.1-sample.json");
const NOW: &str = "2026-01-31T09:00:00+09:00";

fn request(task: &str, gpus: u32) -> Request {
    Request::new(
        task.parse().unwrap(),
        Gpus::Count(gpus),
        Cpus::exactly(8).unwrap(),
    )
}

fn grant(cluster: &mut Cluster, task: &str, gpus: u32) {
    allocate(
        cluster,
        &request(task, gpus),
        &Limits::default(),
        NOW.parse().unwrap(),
    )
    .unwrap();
}

fn reencode(old: &str, change: impl FnOnce(&mut Cluster)) -> String {
    let (mut cluster, places) = decode(old).unwrap();
    change(&mut cluster);
    encode(Some((old, &places)), &cluster, NOW.parse().unwrap())
        .unwrap()
        .concat()
}

#[test]
fn a_fresh_file_is_v01s_to_the_byte() {
    let mut cluster = Cluster::fresh(&ClusterSpec::equal(1, 8, 64).unwrap());
    let mut request = request("task_001", 4);
    request.demand.cpus = Cpus::exactly(32).unwrap();
    let start = "2025-11-04T10:30:00+00:00".parse().unwrap();
    allocate(&mut cluster, &request, &Limits::default(), start).unwrap();
    let text = encode(None, &cluster, "2025-11-04T10:30:05+00:00".parse().unwrap())
        .unwrap()
        .concat();
    assert_eq!(text.replace("+00:00", ""), V01);
}

/// As when one who waited under that name is granted what the end of the other left.
#[test]
fn a_new_task_has_nothing_of_an_ended_one_of_its_name() {
    let noted = V01.replace("\"task_id\"", "\"note\": \"the old one's\", \"task_id\"");
    assert_ne!(noted, V01);
    let renewed = reencode(&noted, |cluster| {
        release(cluster, &"task_001".parse().unwrap(), &Actor::default()).unwrap();
        grant(cluster, "task_001", 2);
    });
    assert!(!renewed.contains("the old one's"), "{renewed}");
}

#[test]
fn a_grant_and_its_release_leave_only_the_date_behind() {
    let granted = reencode(V01, |cluster| grant(cluster, "next", 2));
    let released = reencode(&granted, |cluster| {
        release(cluster, &"next".parse().unwrap(), &Actor::default()).unwrap();
    });
    assert_eq!(
        released,
        V01.replace("\"2025-11-04T10:30:05\"", "\"2026-01-31T09:00:00+09:00\"")
    );
}

#[test]
fn unknown_fields_survive_where_they_stand_and_as_they_were_written() {
    let odd = r#"{"x": 1e400, "servers": [{"note": {"b":1, "a" : 2},"server_id": 0, "server_name": "s", "total_gpus": 2,
        "available_gpus": [ 1 ], "huge": 123456789012345678901234567890, "total_cpus": 8, "available_cpus": 4,
        "running_tasks": [{"who": "\u00e9", "task_id": "\u0074", "allocated_gpus": [0], "allocated_cpus": 4,
        "start_time": "2025-11-04T10:30:00.5", "x": null}], "rack": [ ]}], "y": [1,  2], "last_updated": null, "version": "0.1", "z": true}"#;
    let changed = reencode(odd, |cluster| {
        let mut request = request("u", 1);
        request.demand.cpus = Cpus::exactly(1).unwrap();
        allocate(cluster, &request, &Limits::default(), NOW.parse().unwrap()).unwrap();
    });
    let expected = odd
        .replace("[ 1 ]", "[]")
        .replace(r#""available_cpus": 4"#, r#""available_cpus": 3"#)
        .replace(
            r#""last_updated": null"#,
            &format!(r#""last_updated": "{NOW}""#),
        );
    let known = r#"{"who": "\u00e9", "task_id": "\u0074", "allocated_gpus": [0], "allocated_cpus": 4,
        "start_time": "2025-11-04T10:30:00.5", "x": null}"#;
    let fresh = format!(
        "{{\n          \"task_id\": \"u\",\n          \"allocated_gpus\": [1],\n          \"allocated_cpus\": 1,\n          \"start_time\": \"{NOW}\"\n        }}"
    );
    let expected = expected.replace(
        &format!("[{known}]"),
        &format!("[\n        {known},\n        {fresh}\n      ]"),
    );
    assert_eq!(changed, expected);
}

#[test]
fn a_server_that_moves_keeps_its_unknown_fields() {
    let named = V01.replace(
        "\"server_id\": 0,",
        "\"server_id\": 0,\n      \"rack\": \"b7\",",
    );
    let spec = ["new", "gpu-server-0"].map(|name| crate::allocator::ServerSpec {
        name: name.parse().unwrap(),
        gpus: 8,
        cpus: 64,
        drain: name != "new",
        host: None,
        cards: Default::default(),
    });
    let moved = reencode(&named, |cluster| {
        reconcile(cluster, &ClusterSpec::new(spec.to_vec()).unwrap()).unwrap();
    });
    assert!(
        moved.contains("\"server_id\": 1,\n      \"rack\": \"b7\","),
        "{moved}"
    );
    assert!(
        moved.contains("],\n      \"drain\": true\n    }"),
        "{moved}"
    );
    let (cluster, _) = decode(&moved).unwrap();
    assert_eq!(cluster.servers()[1].tasks[0].id.as_str(), "task_001");
    assert!(cluster.servers()[1].drain && !cluster.servers()[0].drain);
}

#[test]
fn what_was_encoded_decodes_to_the_same() {
    let mut cluster = Cluster::fresh(&ClusterSpec::equal(3, 4, 32).unwrap());
    for (task, gpus) in [("a", 1), ("b", 4), ("c", 3), ("d", 2)] {
        grant(&mut cluster, task, gpus);
    }
    let text = encode(None, &cluster, NOW.parse().unwrap())
        .unwrap()
        .concat();
    assert_eq!(decode(&text).unwrap().0.servers(), cluster.servers());
}

#[test]
fn a_server_is_found_however_its_keys_are_written() {
    let escaped = V01.replace("\"server_id\": 0,", "\"server\\u005fid\": 0,");
    assert_ne!(escaped, V01);
    let changed = reencode(&escaped, |cluster| grant(cluster, "next", 2));
    let plain = reencode(V01, |cluster| grant(cluster, "next", 2));
    assert_eq!(changed.replace("\\u005f", "_"), plain);
}

#[test]
fn a_brace_in_an_earlier_value_is_not_a_server() {
    let braces = V01
        .replace("\"servers\":", "\"note\": \"{\", \"servers\":")
        .replace(
            "\"server_id\": 0,",
            "\"note\": {\"a\": \"}{\"}, \"server_id\": 0,",
        );
    let changed = reencode(&braces, |cluster| grant(cluster, "next", 2));
    assert_eq!(decode(&changed).unwrap().0.servers()[0].tasks.len(), 2);
    assert!(
        changed.contains("\"note\": {\"a\": \"}{\"}, \"server_id\": 0,"),
        "{changed}"
    );
}

#[test]
fn a_server_that_drains_no_longer_loses_the_field_however_it_is_written() {
    let two = fresh(2, |cluster| drain(cluster, true));
    for key in ["\"drain\"", "\"dr\\u0061in\""] {
        for note in ["", "\"note\": \"\\\"drain\\\": true\", "] {
            let drained = two.replace(
                "\"drain\": true",
                &format!("{note}{key} : true, \"rack\": \"b7\""),
            );
            let open = reencode(&drained, |cluster| drain(cluster, false));
            assert!(!open.contains(&format!("{key} : true")), "{open}");
            assert_eq!(open.matches("\"rack\": \"b7\"").count(), 2, "{open}");
            assert!(
                decode(&open)
                    .unwrap()
                    .0
                    .servers()
                    .iter()
                    .all(|server| !server.drain)
            );
        }
    }
}

fn fresh(servers: usize, change: impl FnOnce(&mut Cluster)) -> String {
    let mut cluster = Cluster::fresh(&ClusterSpec::equal(servers, 8, 64).unwrap());
    change(&mut cluster);
    encode(None, &cluster, NOW.parse().unwrap())
        .unwrap()
        .concat()
}

fn drain(cluster: &mut Cluster, on: bool) {
    let spec = |server: &crate::allocator::Server| crate::allocator::ServerSpec {
        name: server.name.clone(),
        gpus: server.total_gpus,
        cpus: server.total_cpus,
        drain: on,
        host: None,
        cards: Default::default(),
    };
    let spec = ClusterSpec::new(cluster.servers().iter().map(spec).collect()).unwrap();
    reconcile(cluster, &spec).unwrap();
}
