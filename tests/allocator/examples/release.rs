//! Giving back, and who may.

use crate::support::*;
use gpumgr::allocator::{self, Actor, Cluster, Refusal, Released};

fn try_release(cluster: &mut Cluster, task: &str, actor: &Actor) -> Result<Released, Refusal> {
    let before = cluster.clone();
    let result = allocator::release(cluster, &name(task), actor);
    if result.is_err() {
        assert_eq!(cluster.servers(), before.servers());
        assert_eq!(cluster.edited(), before.edited());
    }
    result
}

#[test]
fn everything_comes_back_and_what_it_was_is_told() {
    let mut cluster = idle(&[("a", 1, 8), ("b", 4, 8)]);
    let before = cluster.servers().to_vec();
    let grant = grant(&mut cluster, &owned(ask_both("t", 3, 5), "ann"));
    let released = try_release(&mut cluster, "t", &user("ann")).unwrap();
    assert_eq!(cluster.servers(), before);
    assert_eq!((released.server_id, released.server_name), (1, name("b")));
    assert_eq!(released.task.id, name("t"));
    assert_eq!((released.task.gpus, released.task.cpus), (grant.gpus, 5));
    assert_eq!(released.task.owner.as_deref(), Some("ann"));
    assert_eq!(released.task.start, now());
}

#[test]
fn free_ids_are_in_ascending_order_again() {
    let mut cluster = idle(&[("a", 6, 6)]);
    for (task, gpus) in [("t1", [4, 1]), ("t2", [0, 5]), ("t3", [2, 3])] {
        grant(&mut cluster, &ask_ids(task, &gpus));
    }
    for task in ["t2", "t3", "t1"] {
        release(&mut cluster, task);
        assert!(server(&cluster, "a").free_gpus.is_sorted());
    }
    assert_eq!(server(&cluster, "a").free_gpus, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn the_other_tasks_keep_what_they_hold_and_their_order() {
    let mut cluster = idle(&[("a", 6, 6)]);
    for task in ["t1", "t2", "t3"] {
        grant(&mut cluster, &ask(task, 2));
    }
    release(&mut cluster, "t2");
    assert_eq!(task_ids(&cluster), ["t1", "t3"]);
    assert_eq!(server(&cluster, "a").tasks[1].gpus, [4, 5]);
}

#[test]
fn only_the_server_of_the_task_counts_as_edited() {
    let mut cluster = idle(&[("a", 1, 1), ("b", 1, 1)]);
    grant(&mut cluster, &ask("t1", 1));
    grant(&mut cluster, &ask("t2", 1));
    let mut cluster = reloaded(&cluster);
    release(&mut cluster, "t2");
    assert_eq!(edited(&cluster), [1]);
}

#[test]
fn an_unknown_task_is_refused() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("t", 1));
    for task in ["T", "t2", "a"] {
        let unknown = Refusal::UnknownTask { task: name(task) };
        assert_eq!(
            try_release(&mut cluster, task, &forced(nobody())),
            Err(unknown)
        );
    }
}

#[test]
fn a_task_is_released_only_once() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &ask("t", 1));
    assert!(try_release(&mut cluster, "t", &nobody()).is_ok());
    assert_eq!(
        try_release(&mut cluster, "t", &nobody()),
        Err(Refusal::UnknownTask { task: name("t") })
    );
}

#[test]
fn another_users_task_is_refused_with_its_owner() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &owned(ask("t", 1), "ann"));
    let refused = Refusal::NotOwner {
        tasks: vec![(name("t"), "ann".to_owned())],
    };
    for other in [user("bob"), user("Ann"), user(""), nobody()] {
        assert_eq!(try_release(&mut cluster, "t", &other), Err(refused.clone()));
    }
}

#[test]
fn force_releases_anyones_task() {
    for actor in [forced(user("bob")), forced(nobody())] {
        let mut cluster = idle(&[("a", 2, 2)]);
        grant(&mut cluster, &owned(ask("t", 1), "ann"));
        assert!(try_release(&mut cluster, "t", &actor).is_ok());
    }
}

#[test]
fn an_ownerless_task_belongs_to_anyone() {
    for actor in [user("ann"), nobody()] {
        let mut cluster = idle(&[("a", 2, 2)]);
        grant(&mut cluster, &ask("t", 1));
        assert!(try_release(&mut cluster, "t", &actor).is_ok());
    }
}

#[test]
fn what_runs_on_a_draining_server_can_be_released() {
    let servers = [("a", 2, 2)];
    let mut cluster = idle(&servers);
    grant(&mut cluster, &ask("t", 2));
    allocator::reconcile(&mut cluster, &draining(&servers, &["a"])).unwrap();
    assert_eq!(task_ids(&cluster), ["t"]);
    assert!(try_release(&mut cluster, "t", &nobody()).is_ok());
    assert_eq!(server(&cluster, "a").free_gpus, [0, 1]);
    assert!(server(&cluster, "a").drain);
}
