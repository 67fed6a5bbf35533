//! Sums over the log: who held and used how much, and how long they waited for it.

use super::event::seconds;
use super::{Deed, Event};
use crate::allocator::{Cluster, Timestamp};
use std::collections::BTreeMap;

/// Of when the sums are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// From then on; all that is logged, if none.
    pub(crate) since: Option<Timestamp>,
    /// Until then.
    pub(crate) now: Timestamp,
}

/// The sums.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// By owner; none for tasks of nobody.
    pub(crate) users: BTreeMap<Option<String>, Row>,
    /// By server's name.
    pub(crate) servers: BTreeMap<String, Row>,
    /// Over all.
    pub(crate) total: Row,
}

/// The sums of one user, of one server, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Row {
    /// How many GPU-seconds were held.
    pub(crate) held: f64,
    /// How many of them were used; none where nobody measured.
    pub(crate) used: Option<f64>,
    /// How many tasks were granted what they asked for.
    pub(crate) tasks: u32,
    /// How many seconds all of these waited.
    waited: f64,
}

impl Row {
    /// How many seconds a task waited; none without tasks.
    pub(crate) fn mean_wait(&self) -> Option<f64> {
        (self.tasks > 0).then(|| self.waited / f64::from(self.tasks))
    }

    fn add(&mut self, other: &Self) {
        self.held += other.held;
        self.used = match (self.used, other.used) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or(0.0) + other.unwrap_or(0.0)),
        };
        self.tasks += other.tasks;
        self.waited += other.waited;
    }
}

impl Span {
    fn contains(&self, time: Timestamp) -> bool {
        time <= self.now && self.since.is_none_or(|since| since <= time)
    }

    /// How many of those seconds before `end` are in it.
    fn seconds_before(&self, end: Timestamp, held: f64) -> f64 {
        let until_end = self.since.map(|since| seconds(end - since));
        held.max(0.0).min(until_end.unwrap_or(f64::INFINITY))
    }
}

impl Report {
    fn add(&mut self, owner: Option<&String>, server: Option<&str>, row: &Row) {
        if *row == Row::default() {
            return;
        }
        self.users.entry(owner.cloned()).or_default().add(row);
        if let Some(server) = server {
            let servers = self.servers.entry(server.to_owned()).or_default();
            servers.add(row);
        }
        self.total.add(row);
    }
}

/// The sums of what the log tells and of what the cluster's tasks have held until now. What was
/// logged after that is left out: the cluster may not know it yet, and it would count twice.
pub(crate) fn report(events: &[Event], cluster: &Cluster, span: Span) -> Report {
    let mut report = Report::default();
    for event in events.iter().filter(|event| span.contains(event.time)) {
        let row = of_event(event, span);
        report.add(event.owner.as_ref(), event.server.as_deref(), &row);
    }
    for (server, task) in cluster.tasks() {
        let held = span.seconds_before(span.now, seconds(span.now - task.held_since()));
        let row = Row {
            held: held * task.gpus.len() as f64,
            ..Row::default()
        };
        let server = &cluster.servers()[server].name;
        report.add(task.owner.as_ref(), Some(server.as_str()), &row);
    }
    report
}

fn of_event(event: &Event, span: Span) -> Row {
    let gpus = event.gpus.as_ref().map_or(0, Vec::len) as f64;
    let held = event.held_seconds.unwrap_or(0.0);
    let is_grant = matches!(event.action, Deed::Allocate | Deed::Run | Deed::Adopt);
    let counts = is_grant && event.error.is_none();
    Row {
        held: span.seconds_before(event.time, held) * gpus,
        used: event.used_gpu_seconds.map(|used| used.max(0.0)),
        tasks: u32::from(counts),
        waited: event
            .waited_seconds
            .filter(|_| counts)
            .unwrap_or(0.0)
            .max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocator::{ClusterSpec, Cpus, Gpus, Limits, Request, allocate};

    fn at(hour: u32, minute: u32) -> Timestamp {
        let text = format!("2025-11-04T{hour:02}:{minute:02}:00+00:00");
        text.parse().unwrap()
    }

    fn span(since: Option<Timestamp>) -> Span {
        let now = at(12, 0);
        Span { since, now }
    }

    fn event(action: Deed, time: Timestamp) -> Event {
        Event {
            task: Some("t".to_owned()),
            owner: Some("alice".to_owned()),
            server: Some("a".to_owned()),
            gpus: Some(vec![0, 1]),
            ..Event::new(action, time)
        }
    }

    /// Two GPUs, given back then after that many hours.
    fn held(action: Deed, time: Timestamp, hours: f64) -> Event {
        Event {
            held_seconds: Some(hours * 3600.0),
            ..event(action, time)
        }
    }

    fn sum(events: &[Event], since: Option<Timestamp>) -> Report {
        let nothing = Cluster::fresh(&ClusterSpec::equal(1, 8, 64).unwrap());
        report(events, &nothing, span(since))
    }

    fn hours(row: &Row) -> f64 {
        row.held / 3600.0
    }

    #[test]
    fn each_way_to_give_back_counts_what_was_held() {
        let ways = [
            Deed::Release,
            Deed::Free,
            Deed::End,
            Deed::Reset,
            Deed::ScaleUp,
            Deed::ScaleDown,
        ];
        let events = ways.map(|deed| held(deed, at(11, 0), 0.5));
        let report = sum(&events, None);
        assert_eq!(hours(&report.total), 6.0);
        assert_eq!(report.users[&Some("alice".to_owned())], report.total);
        assert_eq!(report.servers["a"], report.total);
    }

    #[test]
    fn what_was_held_before_is_cut_off() {
        let events = [
            held(Deed::Release, at(11, 0), 3.0),
            held(Deed::Release, at(9, 59), 1.0),
        ];
        assert_eq!(hours(&sum(&events, Some(at(10, 0))).total), 2.0);
        assert_eq!(hours(&sum(&events, None).total), 8.0);
    }

    /// Its task is still in the cluster, which counts it until now.
    #[test]
    fn what_is_logged_after_now_is_left_out() {
        let events = [held(Deed::Release, at(12, 1), 3.0)];
        assert_eq!(sum(&events, None), Report::default());
    }

    #[test]
    fn what_runs_counts_until_now_and_since_it_was_scaled() {
        let mut cluster = Cluster::fresh(&ClusterSpec::equal(1, 8, 64).unwrap());
        let task = "t".parse().unwrap();
        let request = Request::new(task, Gpus::Count(4), Cpus::PerGpu);
        allocate(&mut cluster, &request, &Limits::default(), at(9, 0)).unwrap();
        let running = report(&[], &cluster, span(None));
        assert_eq!(hours(&running.total), 12.0);
        assert_eq!(hours(&running.users[&None]), 12.0);
        assert_eq!(running.total.tasks, 0);
        let clipped = report(&[], &cluster, span(Some(at(11, 30))));
        assert_eq!(hours(&clipped.servers["gpu-server-0"]), 2.0);
    }

    #[test]
    fn a_grant_counts_once_with_what_it_waited() {
        let waited = |deed, seconds| Event {
            waited_seconds: Some(seconds),
            ..event(deed, at(11, 0))
        };
        let refused = Event {
            error: Some("insufficient".to_owned()),
            ..waited(Deed::Allocate, 500.0)
        };
        let events = [
            event(Deed::Wait, at(11, 0)),
            event(Deed::Grant, at(11, 0)),
            waited(Deed::Allocate, 30.0),
            event(Deed::Run, at(11, 0)),
            waited(Deed::Adopt, 60.0),
            event(Deed::Start, at(11, 0)),
            waited(Deed::Leave, 500.0),
            refused,
        ];
        let report = sum(&events, None);
        assert_eq!(report.total.tasks, 3);
        assert_eq!(report.total.mean_wait(), Some(30.0));
        assert_eq!(sum(&[], None).total.mean_wait(), None);
    }

    #[test]
    fn use_is_known_only_where_it_was_measured() {
        let used = Event {
            used_gpu_seconds: Some(900.0),
            ..event(Deed::Use, at(11, 0))
        };
        let unmeasured = Event {
            owner: None,
            server: Some("b".to_owned()),
            ..held(Deed::Release, at(11, 0), 1.0)
        };
        let report = sum(&[used.clone(), used, unmeasured], None);
        assert_eq!(report.users[&Some("alice".to_owned())].used, Some(1800.0));
        assert_eq!(report.users[&None].used, None);
        assert_eq!(report.servers["b"].used, None);
        assert_eq!(report.total.used, Some(1800.0));
    }

    #[test]
    fn what_cannot_be_takes_nothing_away() {
        let events = [
            held(Deed::Release, at(11, 0), -5.0),
            Event {
                used_gpu_seconds: Some(-1.0),
                ..event(Deed::Use, at(11, 0))
            },
            Event {
                waited_seconds: Some(-1.0),
                ..event(Deed::Run, at(11, 0))
            },
        ];
        let total = sum(&events, None).total;
        assert_eq!((total.held, total.used), (0.0, Some(0.0)));
        assert_eq!(total.mean_wait(), Some(0.0));
    }
}
