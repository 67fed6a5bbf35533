//! Where a task goes, what it gets, and why it gets nothing.

use crate::support::*;
use gpumgr::allocator::{
    Cluster, Cpus, Demand, Gpus, Grant, Limits, Nearest, Refusal, Request, Shortage, TooMuch,
    allocate, first_fit,
};

#[test]
fn a_grant_tells_everything_the_task_got() {
    let mut cluster = idle(&[("a", 2, 8), ("b", 8, 64)]);
    let grant = grant(&mut cluster, &owned(ask_both("train", 4, 32), "ann"));
    let expected = Grant {
        task: name("train"),
        server_id: 1,
        server_name: name("b"),
        gpus: vec![0, 1, 2, 3],
        cpus: 32,
        owner: Some("ann".to_owned()),
        start: now(),
        term: None,
    };
    assert_eq!(grant, expected);
}

#[test]
fn what_is_granted_is_no_longer_free_and_stands_under_the_task() {
    let mut cluster = idle(&[("a", 8, 64)]);
    grant(&mut cluster, &owned(ask_both("train", 3, 10), "ann"));
    let server = server(&cluster, "a");
    assert_eq!(server.free_gpus, [3, 4, 5, 6, 7]);
    assert_eq!(server.free_cpus, 54);
    let task = &server.tasks[0];
    assert_eq!(
        (task.id.as_str(), &task.gpus[..], task.cpus),
        ("train", &[0, 1, 2][..], 10)
    );
    assert_eq!((task.owner.as_deref(), task.start), (Some("ann"), now()));
    assert_eq!(edited(&cluster), [0]);
}

#[test]
fn the_lowest_free_ids_go_first() {
    let mut cluster = idle(&[("a", 6, 6)]);
    grant(&mut cluster, &ask("first", 2));
    grant(&mut cluster, &ask("second", 2));
    release(&mut cluster, "first");
    assert_eq!(grant(&mut cluster, &ask("third", 3)).gpus, [0, 1, 4]);
}

#[test]
fn the_lowest_free_ids_go_first_in_whatever_order_they_were_listed() {
    let mut servers = Cluster::fresh(&spec(&[("a", 6, 6)])).servers().to_vec();
    servers[0].free_gpus = vec![4, 0, 5, 2, 1, 3];
    let mut cluster = Cluster::new(servers).unwrap();
    assert_eq!(grant(&mut cluster, &ask("t", 2)).gpus, [0, 1]);
    assert_eq!(grant(&mut cluster, &ask_ids("u", &[2, 4])).gpus, [2, 4]);
}

#[test]
fn the_first_server_with_room_is_taken_not_the_emptiest_or_the_tightest() {
    let mut cluster = idle(&[("small", 1, 8), ("loose", 8, 64), ("tight", 2, 16)]);
    assert_eq!(place(&mut cluster, &ask("t", 2)).0, "loose");
}

#[test]
fn a_server_short_of_either_resource_is_passed_over() {
    let mut cluster = idle(&[("few-gpus", 1, 64), ("few-cpus", 8, 4), ("both", 2, 8)]);
    assert_eq!(place(&mut cluster, &ask_both("t", 2, 8)).0, "both");
}

#[test]
fn a_task_never_spans_servers() {
    let mut cluster = idle(&[("a", 2, 8), ("b", 2, 8)]);
    assert!(matches!(
        refusal(&mut cluster, &ask("t", 3)),
        Refusal::Impossible(_)
    ));
}

#[test]
fn the_last_gpu_and_cpu_can_be_had() {
    let mut cluster = idle(&[("a", 2, 3)]);
    grant(&mut cluster, &ask_both("all", 2, 3));
    let server = server(&cluster, "a");
    assert!(server.free_gpus.is_empty());
    assert_eq!(server.free_cpus, 0);
}

#[test]
fn the_preferred_server_is_tried_first_then_the_others_in_order() {
    let mut cluster = idle(&[("a", 2, 8), ("b", 2, 8), ("c", 2, 8)]);
    let prefer_c = |task| ask(task, 2).prefer("c");
    let places = ["t1", "t2", "t3"].map(|task| place(&mut cluster, &prefer_c(task)).0);
    assert_eq!(places, ["c", "a", "b"]);
}

#[test]
fn a_server_may_be_preferred_by_its_id() {
    let mut cluster = idle(&[("a", 2, 8), ("b", 2, 8)]);
    assert_eq!(place(&mut cluster, &ask("t", 1).prefer("1")).0, "b");
}

#[test]
fn where_a_name_reads_like_an_id_the_name_wins() {
    let mut cluster = idle(&[("1", 2, 8), ("b", 2, 8), ("0", 2, 8)]);
    assert_eq!(place(&mut cluster, &ask("t1", 1).prefer("1")).0, "1");
    assert_eq!(place(&mut cluster, &ask("t2", 1).prefer("0")).0, "0");
    assert_eq!(cluster.find_server("2"), Some(2));
    assert_eq!(cluster.find_server("3"), None);
}

#[test]
fn an_unknown_preferred_server_is_refused_with_the_first_names_there_are() {
    let mut cluster = loaded(&gpumgr::allocator::ClusterSpec::equal(10, 1, 1).unwrap());
    for asked in ["10", "gpu-server-10", "-1", "", "99999999999999999999999"] {
        let Refusal::UnknownServer {
            asked: said,
            servers,
            count,
        } = refusal(&mut cluster, &ask("t", 1).prefer(asked))
        else {
            panic!("{asked:?} is unknown");
        };
        assert_eq!((said.as_str(), count), (asked, 10));
        assert_eq!(servers[..2], names(&["gpu-server-0", "gpu-server-1"]));
        assert!(servers.len() < 10);
    }
}

#[test]
fn a_draining_server_gets_nothing_even_if_preferred() {
    let servers = [("a", 2, 8), ("b", 2, 8)];
    let mut cluster = loaded(&draining(&servers, &["a"]));
    assert_eq!(place(&mut cluster, &ask("t1", 1)).0, "b");
    assert_eq!(place(&mut cluster, &ask("t2", 1).prefer("a")).0, "b");
}

#[test]
fn exactly_the_gpus_asked_for_are_given() {
    let mut cluster = idle(&[("a", 8, 64)]);
    let grant = grant(&mut cluster, &ask_ids("t", &[5, 1, 3]));
    assert_eq!((grant.gpus, grant.cpus), (vec![1, 3, 5], 24));
    assert_eq!(server(&cluster, "a").free_gpus, [0, 2, 4, 6, 7]);
}

#[test]
fn exact_gpus_come_from_the_first_server_where_all_are_free() {
    let mut cluster = idle(&[("a", 2, 8), ("b", 4, 8), ("c", 4, 8)]);
    grant(&mut cluster, &ask_ids("holds-b3", &[3]));
    assert_eq!(
        place(&mut cluster, &ask_ids("t", &[1, 3])),
        ("c".to_owned(), vec![1, 3])
    );
}

#[test]
fn exact_gpus_come_from_the_preferred_server_if_free_there() {
    let mut cluster = idle(&[("a", 4, 8), ("b", 4, 8)]);
    let on_b = |task| ask_ids(task, &[2]).prefer("b");
    assert_eq!(place(&mut cluster, &on_b("t1")).0, "b");
    assert_eq!(place(&mut cluster, &on_b("t2")).0, "a");
}

#[test]
fn a_task_of_cpus_alone_gets_no_gpu() {
    let mut cluster = idle(&[("a", 4, 8)]);
    let grant = grant(&mut cluster, &ask_both("t", 0, 3));
    assert!(grant.gpus.is_empty());
    assert_eq!(grant.cpus, 3);
    assert_eq!(server(&cluster, "a").free_gpus, [0, 1, 2, 3]);
}

#[test]
fn a_server_without_gpus_runs_tasks_of_cpus_alone() {
    let mut cluster = idle(&[("cpus", 0, 8), ("gpus", 1, 8)]);
    assert_eq!(place(&mut cluster, &ask_both("t1", 0, 8)).0, "cpus");
    assert_eq!(place(&mut cluster, &ask_both("t2", 1, 8)).0, "gpus");
}

#[test]
fn a_taken_task_id_is_refused_with_where_and_whose_it_is() {
    let mut cluster = idle(&[("a", 1, 1), ("b", 4, 4)]);
    grant(&mut cluster, &owned(ask("t", 2), "ann"));
    let exists = Refusal::TaskExists {
        task: name("t"),
        server: Some(name("b")),
        owner: Some("ann".to_owned()),
    };
    assert_eq!(refusal(&mut cluster, &owned(ask("t", 1), "bob")), exists);
    // Neither being its owner nor asking for too much changes what is wrong.
    assert_eq!(refusal(&mut cluster, &owned(ask("t", 9), "ann")), exists);
}

#[test]
fn a_released_task_id_is_free_again() {
    let mut cluster = idle(&[("a", 1, 1)]);
    grant(&mut cluster, &ask("t", 1));
    release(&mut cluster, "t");
    assert_eq!(grant(&mut cluster, &ask("t", 1)).gpus, [0]);
}

#[test]
fn fewer_gpus_than_the_least_a_task_must_ask_for_are_refused() {
    let mut cluster = idle(&[("a", 8, 64)]);
    let v01 = limits(2, None);
    assert_eq!(
        refusal_within(&mut cluster, &ask("t", 1), &v01),
        Refusal::BelowMinimum { asked: 1, min: 2 }
    );
    assert_eq!(
        refusal_within(&mut cluster, &ask_ids("t", &[7]), &v01),
        Refusal::BelowMinimum { asked: 1, min: 2 }
    );
    assert!(allocate(&mut cluster, &ask("t", 2), &v01, now()).is_ok());
}

#[test]
fn no_gpus_at_all_are_refused_unless_the_minimum_is_0() {
    let mut cluster = idle(&[("a", 8, 64)]);
    for none in [ask("t", 0), ask_ids("t", &[])] {
        assert_eq!(
            refusal_within(&mut cluster, &none, &Limits::default()),
            Refusal::BelowMinimum { asked: 0, min: 1 }
        );
    }
    assert!(allocate(&mut cluster, &ask("t", 0), &any_size(), now()).is_ok());
}

#[test]
fn more_gpus_than_a_task_may_ask_for_are_refused() {
    let mut cluster = idle(&[("a", 8, 64)]);
    let at_most_2 = limits(1, Some(2));
    assert_eq!(
        refusal_within(&mut cluster, &ask("t", 3), &at_most_2),
        Refusal::AboveMaximum { asked: 3, max: 2 }
    );
    assert_eq!(
        refusal_within(&mut cluster, &ask_ids("t", &[0, 1, 2]), &at_most_2),
        Refusal::AboveMaximum { asked: 3, max: 2 }
    );
    assert!(allocate(&mut cluster, &ask("t", 2), &at_most_2, now()).is_ok());
}

#[test]
fn without_a_maximum_the_largest_server_is_the_limit() {
    let mut cluster = idle(&[("a", 2, 8), ("b", 8, 64)]);
    assert_eq!(grant(&mut cluster, &ask("all", 8)).gpus.len(), 8);
    assert!(matches!(
        refusal(&mut cluster, &ask("more", 9)),
        Refusal::Impossible(_)
    ));
}

fn demand(request: &Request) -> Demand {
    request.demand.clone()
}

#[test]
fn what_no_server_could_ever_give_is_impossible_and_says_what_the_largest_have() {
    let servers = [("gpus", 8, 16), ("cpus", 2, 64)];
    let too_much = [
        ask_both("gpus", 9, 1),
        ask_both("cpus", 1, 65),
        // Each could be had, but on no one server.
        ask_both("both", 8, 64),
        ask_ids("id", &[0, 8]),
        ask("u32::MAX", u32::MAX),
    ];
    for request in too_much {
        let expected = Refusal::Impossible(Box::new(TooMuch {
            demand: demand(&request),
            gpus: 8,
            cpus: 64,
            host: None,
            stock: Vec::new(),
        }));
        assert_eq!(refusal(&mut idle(&servers), &request), expected);
    }
}

#[test]
fn what_only_a_draining_server_could_give_is_not_impossible() {
    let servers = [("small", 1, 8), ("large", 8, 64)];
    let mut cluster = loaded(&draining(&servers, &["large"]));
    let request = ask("t", 4);
    // It may stop draining; until then no server is near.
    let expected = Refusal::Insufficient(Box::new(Shortage {
        demand: demand(&request),
        nearest: None,
        draining: Some(name("large")),
        withheld: None,
    }));
    assert_eq!(refusal(&mut cluster, &request), expected);
}

#[test]
fn a_cluster_without_servers_can_give_nothing() {
    let mut cluster = Cluster::new(Vec::new()).unwrap();
    let expected = Refusal::Impossible(Box::new(TooMuch {
        demand: demand(&ask("t", 0)),
        gpus: 0,
        cpus: 0,
        host: None,
        stock: Vec::new(),
    }));
    assert_eq!(refusal(&mut cluster, &ask("t", 0)), expected);
}

fn nearest(cluster: &mut Cluster, request: &Request) -> Nearest {
    match refusal(cluster, request) {
        Refusal::Insufficient(shortage) => {
            assert_eq!(shortage.demand, request.demand);
            shortage.nearest.unwrap()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn too_few_free_gpus_are_told_with_the_server_that_lacks_fewest() {
    let mut cluster = idle(&[("a", 8, 64), ("b", 8, 64), ("c", 8, 64)]);
    grant(&mut cluster, &ask("on-a", 6).prefer("a"));
    grant(&mut cluster, &ask("on-b", 3).prefer("b"));
    grant(&mut cluster, &ask("on-c", 5).prefer("c"));
    let expected = Nearest {
        server_id: 1,
        server_name: name("b"),
        free_gpus: 5,
        free_cpus: 40,
        lacks_gpus: 2,
        lacks_cpus: 16,
        taken: Vec::new(),
    };
    assert_eq!(nearest(&mut cluster, &ask("t", 7)), expected);
}

#[test]
fn too_few_free_cpus_are_told_too() {
    let mut cluster = idle(&[("a", 8, 64)]);
    grant(&mut cluster, &ask_both("hog", 1, 60));
    let near = nearest(&mut cluster, &ask_both("t", 1, 10));
    assert_eq!((near.lacks_gpus, near.lacks_cpus), (0, 6));
    assert_eq!((near.free_gpus, near.free_cpus), (7, 4));
}

#[test]
fn a_lack_of_cpus_is_nearer_than_a_lack_of_gpus() {
    let mut cluster = idle(&[("a", 2, 64), ("b", 2, 64)]);
    grant(&mut cluster, &ask_both("gpus", 1, 1).prefer("a"));
    grant(&mut cluster, &ask_both("cpus", 0, 64).prefer("b"));
    let near = nearest(&mut cluster, &ask_both("t", 2, 32));
    assert_eq!(near.server_name, name("b"));
    assert_eq!((near.lacks_gpus, near.lacks_cpus), (0, 32));
}

#[test]
fn of_equally_near_servers_the_first_is_named() {
    let mut cluster = idle(&[("a", 1, 8), ("b", 1, 8)]);
    grant(&mut cluster, &ask("t1", 1));
    grant(&mut cluster, &ask("t2", 1));
    assert_eq!(nearest(&mut cluster, &ask("t3", 1)).server_id, 0);
}

#[test]
fn a_server_too_small_or_draining_is_never_the_nearest() {
    let servers = [("small", 1, 64), ("drains", 4, 64), ("full", 4, 64)];
    let mut cluster = loaded(&draining(&servers, &["drains"]));
    grant(&mut cluster, &ask("holds-full", 4));
    let near = nearest(&mut cluster, &ask("t", 2));
    assert_eq!(near.server_name, name("full"));
    assert_eq!(near.lacks_gpus, 2);
}

#[test]
fn of_gpus_asked_for_by_id_the_taken_ones_are_named() {
    let mut cluster = idle(&[("a", 4, 64), ("b", 4, 64)]);
    grant(&mut cluster, &ask_ids("t1", &[0, 1, 2]).prefer("a"));
    grant(&mut cluster, &ask_ids("t2", &[0, 1, 3]).prefer("b"));
    let near = nearest(&mut cluster, &ask_ids("t", &[0, 1, 3]));
    assert_eq!(near.server_name, name("a"));
    assert_eq!((near.taken, near.lacks_gpus), (vec![0, 1], 2));
    assert_eq!(near.free_gpus, 1);
}

#[test]
fn first_fit_alone_finds_the_position_and_takes_nothing() {
    let cluster = idle(&[("a", 1, 8), ("b", 4, 8), ("c", 4, 8)]);
    let two = Demand::new(Gpus::Count(2), Cpus::PerGpu);
    assert_eq!(first_fit(cluster.servers(), &two, None), Some(1));
    assert_eq!(first_fit(cluster.servers(), &two, Some(2)), Some(2));
    // One that has no room, or does not exist, is no obstacle.
    assert_eq!(first_fit(cluster.servers(), &two, Some(0)), Some(1));
    assert_eq!(first_fit(cluster.servers(), &two, Some(99)), Some(1));
    assert_eq!(first_fit(&[], &two, None), None);
}
