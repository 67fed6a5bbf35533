//! The pure library: from a cluster, a request and facts to a new state or a refusal.
//!
//! Nothing here reads a file, the clock, the environment or the terminal, and nothing here
//! speaks to people: a [`Refusal`] is data. Whoever calls gathers the facts (who asks, what
//! time it is) and saves what comes out.
//!
//! ```
//! use gpumgr::allocator::{self, Cluster, ClusterSpec, Cpus, Gpus, Limits, Request};
//!
//! let mut cluster = Cluster::fresh(&ClusterSpec::equal(2, 8, 64)?);
//! let now = "2026-01-31T09:00:00+00:00".parse()?;
//!
//! let request = Request::new("train".parse()?, Gpus::Count(4), Cpus::PerGpu);
//! let grant = allocator::allocate(&mut cluster, &request, &Limits::default(), now)?;
//! assert_eq!((grant.server_name.as_str(), grant.gpus, grant.cpus), ("gpu-server-0", vec![0, 1, 2, 3], 32));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allocate;
mod check;
mod cluster;
mod explain;
mod first_fit;
mod gpus;
mod lease;
mod name;
mod order;
mod pass;
mod programs;
mod queue;
mod reconcile;
mod refusal;
mod release;
mod renew;
mod request;
mod reset;
mod resolve;
mod spec;
mod steps;
mod sweep;

pub use allocate::{Grant, allocate};
pub use check::{Disagreement, What};
pub use cluster::{Cluster, GpuId, Server, Task, Timestamp};
pub use explain::{Explained, Holding, Stand, Why, explain, explain_one};
pub use first_fit::first_fit;
pub use gpus::{
    Cards, Device, Devices, Each, GpuKind, Kin, MemoryUse, NotMeasured, Occupant, Outlook, Reading,
    Run, Sample, Stock, Unreadable, Withheld, Withholding, adopt, measured_server, observe,
    strangers, used,
};
pub use lease::{BadLeaseId, Facts, Lease, LeaseId, MAX_TTL, Process, Term, Tie, is_same_start};
pub use name::{BadName, Name, is_printable, unused_name};
pub use order::{Reservation, in_order, reservation, somebody_waits};
pub use programs::{
    AutoEnd, AutoProgram, Cap, Caps, OverCap, Phase, Program, Scale, Scaling, Yield, attach,
    give_up, grow, let_go, note_end, note_program, note_room, note_start, record_end, shrink,
    stop_program, wanted, yielding,
};
pub use queue::{Settled, Waiter, cancel, claim, confirm, enqueue, leave, next_order, settle};
pub use reconcile::{Change, plan_reconcile, reconcile};
pub use refusal::{Adoption, Behind, Blocker, CommandEnd, Nearest, Refusal, Shortage, TooMuch};
pub use release::{Actor, Released, release, release_lease};
pub use renew::{Renewed, renew};
pub use request::{BadRequest, Cpus, Demand, Gpus, Limits, Request, same_host};
pub use reset::reset;
pub use resolve::{known_as, resolve, resolve_waiting};
pub use spec::{BadSpec, ClusterSpec, MAX_CPUS, MAX_GPUS, MAX_SERVERS, ServerSpec};
pub use steps::{
    Portion, Step, StepRequest, StepShortage, StepState, release_step, step_grant, step_shortage,
    take_step,
};
pub use sweep::{Freed, Over, sweep};
