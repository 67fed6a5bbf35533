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

mod model;
mod ops;
mod policy;

pub use model::cards::{Cards, GpuKind, PerGpu};
pub use model::check::{Disagreement, What};
pub use model::cluster::Cluster;
pub use model::demand::{BadRequest, Cpus, Demand, Gpus};
pub use model::facts::Facts;
pub use model::gpu::GpuId;
pub use model::grant::Grant;
pub use model::host::same_host;
pub use model::lease::{
    BadLeaseId, Deadline, Lease, LeaseId, LeaseKind, MAX_TTL, Process, is_same_start,
};
pub use model::limits::{Limits, Quota, QuotaExceeded, Quotas};
pub use model::name::{BadName, Name, is_printable};
pub use model::outlook::{Availability, Unavailable, UnavailableReason};
pub use model::program::{AutoEnd, AutoProgram, Phase, Program};
pub use model::refusal::{
    Adoption, Behind, Blocker, CommandEnd, GpuStock, Nearest, Refusal, Shortage, StepShortage,
    TooMuch,
};
pub use model::request::Request;
pub use model::sample::{
    Ancestor, Device, Devices, MemoryUse, Occupant, Reading, Run, Sample, Unreadable,
};
pub use model::server::Server;
pub use model::spec::{BadSpec, ClusterSpec, MAX_CPUS, MAX_GPUS, MAX_SERVERS, ServerSpec};
pub use model::step::{Portion, Step, StepState};
pub use model::task::Task;
pub use model::time::Timestamp;
pub use model::waiter::Waiter;
pub use ops::adopt::adopt;
pub use ops::advance::{Advanced, advance};
pub use ops::allocate::allocate;
pub use ops::auto_programs::{note_end, note_room, note_start, record_end};
pub use ops::expire::{Expired, expire};
pub use ops::observe::apply_sample;
pub use ops::programs::{attach, detach_program, note_program, release_vacated, stop_program};
pub use ops::queue::{cancel, confirm, enqueue, leave, next_order, take_grant};
pub use ops::reconcile::{Change, plan_reconcile, reconcile};
pub use ops::release::{Released, release, release_lease};
pub use ops::renew::{Renewed, renew};
pub use ops::reset::reset;
pub use ops::scaling::{grow, shrink};
pub use ops::steps::{StepRequest, release_step, take_step};
pub use policy::availability::{NotMeasured, measured_server};
pub use policy::backfill::{has_waiters, queue_order, reservation};
pub use policy::expiry::ExpiryReason;
pub use policy::explain::{Explained, Holding, Stand, Why, explain, explain_one};
pub use policy::first_fit::first_fit;
pub use policy::names::{candidate_names, find_by_name, find_waiting_by_name, unused_name};
pub use policy::ownership::Actor;
pub use policy::preemption::{Preempt, preemption};
pub use policy::processes::untracked_processes;
pub use policy::reservation::Reservation;
pub use policy::scaling::{Scale, Scaling, scaling_decision};
pub use policy::steps::{step_grant, step_shortage};
pub use policy::utilisation::used;
