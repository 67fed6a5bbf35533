//! Every way in which servers can contradict themselves, and the place that is named.

use crate::support::*;
use gpumgr::allocator::{
    Cluster, Disagreement, MAX_CPUS, MAX_GPUS, MAX_SERVERS, Server, What, allocate,
};

/// Three servers of 4 GPUs and 8 CPUs; on the second, two tasks hold two GPUs and CPUs each.
fn sound() -> Vec<Server> {
    let mut cluster = idle(&[("a", 4, 8), ("b", 4, 8), ("c", 4, 8)]);
    grant(&mut cluster, &ask_both("t0", 2, 2).prefer("b"));
    grant(&mut cluster, &ask_both("t1", 2, 2).prefer("b"));
    cluster.servers().to_vec()
}

/// What is wrong after this change, and where.
fn wrong(change: impl FnOnce(&mut Vec<Server>)) -> (Option<usize>, Option<usize>, What) {
    let mut servers = sound();
    change(&mut servers);
    let Disagreement { server, task, what } = Cluster::new(servers).unwrap_err();
    (server, task, what)
}

#[test]
fn a_sound_cluster_agrees_with_itself() {
    assert_eq!(Cluster::new(sound()).unwrap().check(), Ok(()));
}

#[test]
fn too_many_servers_disagree_as_a_whole() {
    let count = MAX_SERVERS + 1;
    let server = sound().remove(0);
    assert_eq!(
        wrong(|servers| *servers = vec![server; count]),
        (None, None, What::TooManyServers(count))
    );
}

#[test]
fn too_many_gpus_are_named_before_their_list_is_read() {
    for gpus in [MAX_GPUS + 1, u32::MAX] {
        assert_eq!(
            wrong(|servers| servers[1].total_gpus = gpus),
            (Some(1), None, What::TooManyGpus(gpus))
        );
    }
}

#[test]
fn too_many_cpus_are_named() {
    for cpus in [MAX_CPUS + 1, u32::MAX] {
        assert_eq!(
            wrong(|servers| servers[2].total_cpus = cpus),
            (Some(2), None, What::TooManyCpus(cpus))
        );
    }
}

#[test]
fn a_second_server_of_a_name_is_named() {
    assert_eq!(
        wrong(|servers| servers[2].name = name("a")),
        (Some(2), None, What::SameServer(name("a")))
    );
}

#[test]
fn a_second_task_of_an_id_is_named_on_the_same_server() {
    assert_eq!(
        wrong(|servers| servers[1].tasks[1].id = name("t0")),
        (Some(1), Some(1), What::SameTask(name("t0")))
    );
}

#[test]
fn a_second_task_of_an_id_is_named_on_another_server() {
    let elsewhere = |servers: &mut Vec<Server>| {
        let mut task = servers[1].tasks[1].clone();
        (task.gpus, task.cpus) = (Vec::new(), 0);
        servers[2].tasks.push(task);
    };
    assert_eq!(
        wrong(elsewhere),
        (Some(2), Some(0), What::SameTask(name("t1")))
    );
}

#[test]
fn a_gpu_that_does_not_exist_is_named_among_the_free() {
    for gpu in [4, u16::MAX] {
        assert_eq!(
            wrong(|servers| servers[0].free_gpus.push(gpu)),
            (Some(0), None, What::NoSuchGpu(gpu))
        );
    }
}

#[test]
fn a_gpu_that_does_not_exist_is_named_in_its_task() {
    assert_eq!(
        wrong(|servers| servers[1].tasks[1].gpus[0] = 7),
        (Some(1), Some(1), What::NoSuchGpu(7))
    );
}

#[test]
fn a_gpu_that_is_free_twice_is_named() {
    assert_eq!(
        wrong(|servers| servers[0].free_gpus = vec![0, 1, 1, 2, 3]),
        (Some(0), None, What::GpuTwice(1))
    );
}

#[test]
fn a_gpu_both_free_and_held_is_named_in_the_task() {
    assert_eq!(
        wrong(|servers| servers[1].free_gpus = vec![3]),
        (Some(1), Some(1), What::GpuTwice(3))
    );
}

#[test]
fn a_gpu_of_two_tasks_is_named_in_the_second() {
    assert_eq!(
        wrong(|servers| servers[1].tasks[1].gpus = vec![1, 2]),
        (Some(1), Some(1), What::GpuTwice(1))
    );
}

#[test]
fn a_gpu_that_stands_nowhere_is_named() {
    assert_eq!(
        wrong(|servers| servers[0].free_gpus = vec![0, 1, 3]),
        (Some(0), None, What::GpuLost(2))
    );
}

#[test]
fn cpus_that_do_not_add_up_are_told() {
    for free in [0, 3, 5, u32::MAX] {
        let what = What::Cpus {
            free,
            held: 4,
            total: 8,
        };
        assert_eq!(
            wrong(|servers| servers[1].free_cpus = free),
            (Some(1), None, what)
        );
    }
}

#[test]
fn cpus_whose_sum_overflows_do_not_add_up_either() {
    // In 32 bits these would wrap round to the right sum.
    let what = What::Cpus {
        free: 4,
        held: (1 << 32) + 4,
        total: 8,
    };
    let huge = |servers: &mut Vec<Server>| {
        servers[1].tasks[0].cpus = u32::MAX;
        servers[1].tasks[1].cpus = 5;
    };
    assert_eq!(wrong(huge), (Some(1), None, what));
}

#[test]
fn of_several_the_first_place_is_named() {
    let several = |servers: &mut Vec<Server>| {
        servers[1].free_cpus = 0;
        servers[2].free_cpus = 0;
    };
    assert_eq!(wrong(several).0, Some(1));
}

#[test]
fn of_several_of_different_kinds_the_first_place_is_named_too() {
    let several = |servers: &mut Vec<Server>| {
        servers[1].name = name("a");
        servers[2].free_cpus = 0;
    };
    assert_eq!(wrong(several), (Some(1), None, What::SameServer(name("a"))));
}

#[test]
fn numbers_that_no_config_could_describe_are_no_trouble() {
    // v0.1's file may hold a server of nothing, and a task of no CPU.
    let mut servers = sound();
    servers[0].total_gpus = 0;
    servers[0].free_gpus.clear();
    (servers[0].total_cpus, servers[0].free_cpus) = (0, 0);
    servers[1].tasks[0].cpus = 0;
    servers[1].free_cpus = 6;
    let mut cluster = Cluster::new(servers).unwrap();
    let grant = allocate(&mut cluster, &ask("t", 1), &any_size(), now()).unwrap();
    assert_eq!(grant.server_name, name("c"));
    release(&mut cluster, "t0");
    assert_eq!(cluster.check(), Ok(()));
}
