//! The largest clusters there may be. Nothing is timed, but what grew with the square of the
//! servers or tasks would not end while somebody waits.

use crate::support::*;
use gpumgr::allocator::{
    self, Change, Cluster, ClusterSpec, MAX_CPUS, MAX_GPUS, MAX_SERVERS, Refusal, Server, Task,
};

fn task(id: String, gpus: Vec<u16>, cpus: u32) -> Task {
    Task {
        id: id.parse().unwrap(),
        gpus,
        cpus,
        start: now(),
        owner: None,
        term: None,
        lease: None,
        idle_since: None,
        program: None,
        steps: Vec::new(),
    }
}

/// All GPUs of the first 27,000 servers are held.
fn large() -> Cluster {
    let spec = ClusterSpec::equal(MAX_SERVERS, 2, 4).unwrap();
    let mut servers: Vec<Server> = Cluster::fresh(&spec).servers().to_vec();
    for (index, server) in servers.iter_mut().take(27_000).enumerate() {
        server.free_gpus.clear();
        server.free_cpus = 0;
        server.tasks = vec![task(format!("task-{index}"), vec![0, 1], 4)];
    }
    Cluster::new(servers).unwrap()
}

#[test]
fn a_hundred_thousand_servers_are_handled() {
    let mut cluster = large();
    assert_eq!(grant(&mut cluster, &ask("t", 1)).server_id, 27_000);
    assert!(matches!(
        refusal(&mut cluster, &ask("task-26999", 1)),
        Refusal::TaskExists { .. }
    ));
    release(&mut cluster, "task-26999");
    assert_eq!(edited(&cluster), [26_999, 27_000]);
    assert_eq!(cluster.check(), Ok(()));
}

#[test]
fn a_hundred_thousand_servers_become_others() {
    let mut cluster = large();
    let grown = ClusterSpec::equal(MAX_SERVERS, 3, 4).unwrap();
    assert_eq!(
        allocator::reconcile(&mut cluster, &grown).unwrap().len(),
        MAX_SERVERS
    );
    let fewer = ClusterSpec::equal(1, 3, 4).unwrap();
    let Err(Refusal::InTheWay { blockers }) = allocator::reconcile(&mut cluster, &fewer) else {
        panic!("26,999 tasks are in the way");
    };
    assert_eq!(blockers.len(), 26_999);
}

#[test]
fn the_largest_server_is_handled() {
    let largest = [("s", MAX_GPUS, MAX_CPUS)];
    let mut cluster = idle(&largest);
    assert_eq!(grant(&mut cluster, &ask("all", MAX_GPUS)).cpus, MAX_CPUS);
    assert!(matches!(
        refusal(&mut cluster, &ask("t", 1)),
        Refusal::Insufficient(_)
    ));
    let smaller = spec(&[("s", MAX_GPUS - 1, MAX_CPUS)]);
    assert!(allocator::reconcile(&mut cluster, &smaller).is_err());
    release(&mut cluster, "all");
    assert!(matches!(
        allocator::reconcile(&mut cluster, &smaller).unwrap()[..],
        [Change::Gpus { .. }]
    ));
}
