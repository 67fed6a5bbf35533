//! What a cluster can be described as.

use crate::support::*;
use gpumgr::allocator::{BadSpec, Cluster, ClusterSpec, MAX_CPUS, MAX_GPUS, MAX_SERVERS};

fn bad(servers: &[(&str, u32, u32)]) -> BadSpec {
    ClusterSpec::new(described(servers)).unwrap_err()
}

#[test]
fn equal_servers_are_named_as_v01_named_them() {
    let spec = ClusterSpec::equal(4, 8, 64).unwrap();
    let names: Vec<_> = spec.servers().iter().map(|s| s.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "gpu-server-0",
            "gpu-server-1",
            "gpu-server-2",
            "gpu-server-3"
        ]
    );
    assert!(
        spec.servers()
            .iter()
            .all(|s| (s.gpus, s.cpus, s.drain) == (8, 64, false))
    );
}

#[test]
fn a_cluster_has_1_to_100000_servers() {
    assert_eq!(bad(&[]), BadSpec::Servers { count: 0 });
    for count in [0, MAX_SERVERS + 1, usize::MAX] {
        assert_eq!(
            ClusterSpec::equal(count, 8, 64),
            Err(BadSpec::Servers { count })
        );
    }
    assert_eq!(MAX_SERVERS, 100_000);
    assert!(ClusterSpec::equal(MAX_SERVERS, 1, 1).is_ok());
}

#[test]
fn a_server_has_up_to_1024_gpus() {
    assert_eq!(MAX_GPUS, 1_024);
    let gpus = MAX_GPUS + 1;
    let server = name("b");
    assert_eq!(
        bad(&[("a", 1, 1), ("b", gpus, 1)]),
        BadSpec::Gpus { server, gpus }
    );
    let cluster = Cluster::fresh(&spec(&[("most", MAX_GPUS, 1), ("none", 0, 1)]));
    let free = |id: usize| &cluster.servers()[id].free_gpus;
    assert_eq!((free(0).len(), free(0).last()), (1_024, Some(&1_023)));
    assert!(free(1).is_empty());
    assert_eq!(cluster.check(), Ok(()));
}

#[test]
fn a_server_has_1_to_65536_cpus() {
    assert_eq!(MAX_CPUS, 65_536);
    for cpus in [0, MAX_CPUS + 1, u32::MAX] {
        let server = name("b");
        assert_eq!(
            bad(&[("a", 1, 1), ("b", 1, cpus)]),
            BadSpec::Cpus { server, cpus }
        );
    }
    assert!(ClusterSpec::equal(1, 1, MAX_CPUS).is_ok());
}

#[test]
fn two_servers_of_one_name_are_refused() {
    let server = name("a");
    assert_eq!(
        bad(&[("a", 1, 1), ("b", 1, 1), ("a", 2, 2)]),
        BadSpec::SameName { server }
    );
}

#[test]
fn a_fresh_cluster_is_free_as_described_and_wholly_to_be_written() {
    let described = draining(&[("a", 2, 8), ("b", 4, 16)], &["b"]);
    let cluster = Cluster::fresh(&described);
    assert!(cluster.is_as_described(&described));
    assert_eq!(cluster.tasks().count(), 0);
    assert_eq!(server(&cluster, "b").free_gpus, [0, 1, 2, 3]);
    assert_eq!(server(&cluster, "b").free_cpus, 16);
    assert_eq!(edited(&cluster), [0, 1]);
}

#[test]
fn a_cluster_made_of_its_parts_has_nothing_to_be_written() {
    assert!(idle(&[("a", 2, 8), ("b", 4, 16)]).edited().is_empty());
}

#[test]
fn any_difference_in_servers_size_order_or_drain_is_seen() {
    let servers = [("a", 2, 8), ("b", 4, 16)];
    let cluster = idle(&servers);
    assert!(cluster.is_as_described(&spec(&servers)));
    for other in [
        spec(&[("a", 2, 8)]),
        spec(&[("a", 2, 8), ("b", 4, 16), ("c", 1, 1)]),
        spec(&[("a", 2, 8), ("c", 4, 16)]),
        spec(&[("a", 3, 8), ("b", 4, 16)]),
        spec(&[("a", 2, 9), ("b", 4, 16)]),
        spec(&[("b", 4, 16), ("a", 2, 8)]),
        draining(&servers, &["b"]),
    ] {
        assert!(!cluster.is_as_described(&other), "{other:?}");
    }
}
