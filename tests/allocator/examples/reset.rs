//! Starting over, and who may.

use crate::support::*;
use gpumgr::allocator::{self, Cluster, Refusal};

fn busy() -> Cluster {
    let mut cluster = idle(&[("a", 2, 2), ("b", 2, 2)]);
    grant(&mut cluster, &owned(ask("of-ann", 2), "ann"));
    grant(&mut cluster, &owned(ask("of-bob", 1), "bob"));
    grant(&mut cluster, &ask("of-nobody", 1));
    reloaded(&cluster)
}

#[test]
fn all_tasks_are_forgotten_and_told() {
    let mut cluster = busy();
    let described = spec(&[("x", 4, 8)]);
    let forgotten = allocator::reset(&mut cluster, &described, &forced(nobody())).unwrap();
    let forgotten: Vec<_> = forgotten.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(forgotten, ["of-ann", "of-bob", "of-nobody"]);
    assert_eq!(cluster, Cluster::fresh(&described));
}

#[test]
fn every_server_is_to_be_written_again() {
    let mut cluster = busy();
    let same = spec(&[("a", 2, 2), ("b", 2, 2)]);
    allocator::reset(&mut cluster, &same, &forced(nobody())).unwrap();
    assert_eq!(edited(&cluster), [0, 1]);
}

#[test]
fn other_users_tasks_are_in_the_way_and_all_of_them_are_named() {
    let mut cluster = busy();
    let before = cluster.clone();
    let described = spec(&[("x", 4, 8)]);
    let of = |task, owner: &str| (name(task), owner.to_owned());
    let (ann, bob) = (of("of-ann", "ann"), of("of-bob", "bob"));
    for (actor, tasks) in [
        (user("ann"), vec![bob.clone()]),
        (user("carl"), vec![ann.clone(), bob.clone()]),
        (nobody(), vec![ann, bob]),
    ] {
        let refused = allocator::reset(&mut cluster, &described, &actor);
        assert_eq!(refused, Err(Refusal::NotOwner { tasks }));
        assert_eq!(cluster, before);
    }
}

#[test]
fn ones_own_and_ownerless_tasks_may_be_forgotten_without_force() {
    let mut cluster = idle(&[("a", 2, 2)]);
    grant(&mut cluster, &owned(ask("of-ann", 1), "ann"));
    grant(&mut cluster, &ask("of-nobody", 1));
    let described = spec(&[("a", 2, 2)]);
    assert!(allocator::reset(&mut cluster, &described, &user("ann")).is_ok());
    assert_eq!(cluster.tasks().count(), 0);
}
