//! What a request means before it meets a cluster.

use crate::support::*;
use gpumgr::allocator::{BadRequest, Cpus, Gpus, MAX_CPUS, Refusal, Request};

/// The CPUs that come with that many GPUs on a server of this size.
fn default_cpus(gpus: u32, server: (u32, u32)) -> u32 {
    let cluster = idle(&[("s", server.0, server.1)]);
    ask("t", gpus).demand.cpus_on(&cluster.servers()[0])
}

#[test]
fn cpus_left_out_are_in_proportion_to_the_gpus() {
    assert_eq!(default_cpus(1, (8, 64)), 8);
    assert_eq!(default_cpus(4, (8, 64)), 32);
    assert_eq!(default_cpus(8, (8, 64)), 64);
}

#[test]
fn the_share_of_a_gpu_is_rounded_down_before_it_is_multiplied() {
    // 23 / 8 is 2.875: 2 a GPU, so 4 GPUs get 8, not 11.
    assert_eq!(default_cpus(4, (8, 23)), 8);
    assert_eq!(default_cpus(8, (8, 23)), 16);
}

#[test]
fn every_gpu_comes_with_at_least_1_cpu() {
    assert_eq!(default_cpus(1, (8, 3)), 1);
    assert_eq!(default_cpus(3, (8, 3)), 3);
}

#[test]
fn a_task_of_no_gpu_gets_1_cpu() {
    assert_eq!(default_cpus(0, (8, 64)), 1);
    assert_eq!(default_cpus(0, (0, 64)), 1);
}

#[test]
fn gpus_asked_for_by_id_count_like_any() {
    let cluster = idle(&[("s", 8, 64)]);
    let request = ask_ids("t", &[0, 6, 7]);
    assert_eq!(request.demand.cpus_on(&cluster.servers()[0]), 24);
    assert_eq!(request.demand.gpus.count(), 3);
}

#[test]
fn the_proportion_is_that_of_the_server_that_is_granted() {
    let mut cluster = idle(&[("lean", 8, 8), ("rich", 8, 128)]);
    assert_eq!(grant(&mut cluster, &ask("t1", 2)).cpus, 2);
    assert_eq!(grant(&mut cluster, &ask("t2", 2).prefer("rich")).cpus, 32);
}

#[test]
fn where_cpus_are_fewer_than_gpus_the_cpus_are_the_limit() {
    let mut cluster = idle(&[("s", 8, 3)]);
    assert!(matches!(
        refusal(&mut cluster, &ask("all-gpus", 4)),
        Refusal::Impossible(_)
    ));
    assert_eq!(grant(&mut cluster, &ask("t", 3)).cpus, 3);
}

#[test]
fn a_server_whose_cpus_others_took_has_no_share_left() {
    let mut cluster = idle(&[("s", 8, 64)]);
    grant(&mut cluster, &ask_both("hog", 1, 57));
    assert!(matches!(
        refusal(&mut cluster, &ask("t", 1)),
        Refusal::Insufficient(_)
    ));
    assert_eq!(grant(&mut cluster, &ask_both("t", 1, 7)).cpus, 7);
}

#[test]
fn a_huge_count_does_not_overflow() {
    assert_eq!(default_cpus(u32::MAX, (8, 64)), u32::MAX);
    assert_eq!(default_cpus(u32::MAX, (1, MAX_CPUS)), u32::MAX);
}

#[test]
fn a_request_takes_at_least_1_cpu_and_at_most_what_a_server_can_have() {
    assert_eq!(Cpus::exactly(0), Err(BadRequest::NoCpus));
    assert!(Cpus::exactly(1).is_ok());
    assert!(Cpus::exactly(MAX_CPUS).is_ok());
    let asked = MAX_CPUS + 1;
    assert_eq!(Cpus::exactly(asked), Err(BadRequest::Cpus { asked }));
}

#[test]
fn a_new_request_is_of_nobody_and_prefers_no_server() {
    let request = Request::new(name("t"), Gpus::Count(1), Cpus::PerGpu);
    assert_eq!(
        (request.prefer.clone(), request.owner.clone()),
        (None, None)
    );
    let request = owned(request.prefer("a"), "ann");
    assert_eq!(request.prefer.as_deref(), Some("a"));
    assert_eq!(request.owner.as_deref(), Some("ann"));
}
