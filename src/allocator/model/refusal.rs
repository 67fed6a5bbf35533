//! Why an action is refused, as data.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::demand::Demand;
use crate::allocator::model::gpu::GpuId;
use crate::allocator::model::limits::{Quota, QuotaExceeded};
use crate::allocator::model::name::Name;
use crate::allocator::model::outlook::Unavailable;
use crate::allocator::model::step::{Portion, Step};
use bytesize::ByteSize;
use chrono::TimeDelta;

/// GPUs of one kind on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuStock {
    /// How many.
    pub gpus: u32,
    /// Which model, if that is written down.
    pub model: Option<String>,
    /// How much memory each has, if that is.
    pub memory: Option<ByteSize>,
    /// Where.
    pub server: Name,
}

/// How the command of a task is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandEnd {
    /// At an earlier moment than before.
    Sooner,
    /// Now.
    Now,
}

/// Why something is not done. The cluster is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A task of that name holds resources already, or waits for some.
    #[error("task {task} exists")]
    TaskExists {
        /// The name asked for.
        task: Name,
        /// The server where it runs; none if it waits.
        server: Option<Name>,
        /// The owner.
        owner: Option<String>,
    },
    /// No task has that name.
    #[error("no task is named {task}")]
    UnknownTask {
        /// The name asked for.
        task: Name,
    },
    /// No server has that name or ID.
    #[error("no server is named or numbered {asked}")]
    UnknownServer {
        /// The name or ID asked for.
        asked: String,
        /// The first names there are, in order.
        servers: Vec<Name>,
        /// How many servers there are.
        count: usize,
    },
    /// These tasks belong to others.
    #[error("{} of the tasks belong to other users", tasks.len())]
    NotOwner {
        /// The tasks and their owners.
        tasks: Vec<(Name, String)>,
    },
    /// The command of the task belongs to another user. Only that user and root may end it.
    #[error("only {owner} or root may end what runs on {task}")]
    OwnersAlone {
        /// The task.
        task: Name,
        /// The owner.
        owner: String,
        /// How it was to end.
        end: CommandEnd,
    },
    /// No task has that name, but one waits under it, and holds nothing.
    #[error("{task} waits, and holds nothing")]
    StillWaits {
        /// The name asked for.
        task: Name,
    },
    /// No waiter has that name.
    #[error("no task named {task} waits")]
    NotWaiting {
        /// The name asked for.
        task: Name,
    },
    /// The grant under this lease is gone: it was released.
    #[error("what was granted is not held any longer")]
    GrantLost,
    /// More time than a task may ask for.
    #[error("{asked} is more time than the {max} a task may ask for")]
    AboveMaxTtl {
        /// How long was asked for.
        asked: TimeDelta,
        /// `max_ttl`.
        max: TimeDelta,
    },
    /// A renewal that does not say for how long, of a task that never said.
    #[error("nothing says for how long {task} is to be renewed")]
    NoTtl {
        /// The task.
        task: Name,
    },
    /// Granting it would make an earlier waiter wait longer.
    #[error("{} waits for the room there is", .0.task)]
    Behind(Box<Behind>),
    /// The run around it holds too little, and waiting for more would be waiting for itself.
    #[error("{task}, inside which this runs, has {gpus} GPUs and {cpus} CPUs")]
    OuterLacks {
        /// The task around it.
        task: Name,
        /// The demand of the request.
        demand: Demand,
        /// How many GPUs that has.
        gpus: usize,
        /// How many CPUs that has.
        cpus: u32,
    },
    /// Other steps hold what it asks for, or wait before it.
    #[error("too little of {} is free for a step", .0.task)]
    StepsInTheWay(Box<StepShortage>),
    /// Fewer GPUs than a task must ask for.
    #[error("{asked} GPUs are fewer than the {min} a task must ask for")]
    BelowMinimum {
        /// How many were asked for.
        asked: u32,
        /// `min_gpus_per_task`.
        min: u32,
    },
    /// More GPUs than a task may ask for.
    #[error("{asked} GPUs are more than the {max} a task may ask for")]
    AboveMaximum {
        /// How many were asked for.
        asked: u32,
        /// `max_gpus_per_task`.
        max: u32,
    },
    /// More GPUs than one user may ever hold.
    #[error("{asked} GPUs are more than the {max} that one user may hold")]
    AboveQuota {
        /// The cap.
        cap: Quota,
        /// How many it allows.
        max: u32,
        /// How many were asked for.
        asked: u32,
    },
    /// More GPUs than its user may hold with those held already.
    #[error("{} GPUs more would be over the {} that one user may hold", .0.asked, .0.max)]
    QuotaExceeded(QuotaExceeded),
    /// The task lives with something else than a program of gpumgr's.
    #[error("{task} runs something already")]
    Occupied {
        /// The task.
        task: Name,
    },
    /// The task's program must end first.
    #[error("the program of {task} must end first")]
    StillUsed {
        /// The task.
        task: Name,
    },
    /// The task's program runs already.
    #[error("the program of {task} runs already")]
    ProgramRuns {
        /// The task.
        task: Name,
        /// The program's process, while it has one.
        pid: Option<u32>,
    },
    /// The task has no program.
    #[error("{task} has no program")]
    NoProgram {
        /// The task.
        task: Name,
    },
    /// No server could ever meet it, even with nothing running.
    #[error("no server has that much: the largest has {} GPUs, the largest {} CPUs", .0.gpus, .0.cpus)]
    Impossible(Box<TooMuch>),
    /// No server has room now.
    #[error("no server has room now")]
    Insufficient(Box<Shortage>),
    /// A process cannot be made a task.
    #[error("process {pid} cannot be adopted")]
    NotAdopted {
        /// Its ID.
        pid: u32,
        /// Why not.
        why: Adoption,
    },
    /// A changed description takes away what tasks hold.
    #[error("{} servers hold tasks that are in the way", blockers.len())]
    InTheWay {
        /// The tasks in the way, server by server.
        blockers: Vec<Blocker>,
    },
}

/// A demand that no server can meet, and the largest server there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooMuch {
    /// The demand of the request.
    pub demand: Demand,
    /// The GPUs of the server that has most.
    pub gpus: u32,
    /// The CPUs of the server that has most.
    pub cpus: u32,
    /// The machine it must run on, if only servers of that one count.
    pub host: Option<String>,
    /// The kinds of GPUs there are, where one was asked for.
    pub stock: Vec<GpuStock>,
}

/// Why a process is not made a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// Neither it nor what it started computes on a GPU of this machine's server.
    ComputesNowhere,
    /// Some GPUs do not tell which processes compute there.
    CannotTell,
    /// The GPUs it computes on are held by this task already.
    HeldBy(Name),
    /// No more than that many CPUs are free.
    LacksCpus(u32),
}

/// The earlier waiter for whom the room is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The first in line.
    pub task: Name,
    /// Its owner.
    pub owner: Option<String>,
    /// The server that is kept for it.
    pub server: Name,
}

/// A demand that has no room now, and the server that is nearest to having it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The demand of the request.
    pub demand: Demand,
    /// The server that lacks least of it; none if all that could meet it are draining.
    pub nearest: Option<Nearest>,
    /// A server that would have room now, but is draining.
    pub draining: Option<Name>,
    /// The first server that could meet it, but where some GPUs are free on paper alone.
    pub withheld: Option<Unavailable>,
}

/// The resources that a server lacks for a demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The server's ID: its position.
    pub server_id: usize,
    /// The server's name.
    pub server_name: Name,
    /// How many GPUs are free there.
    pub free_gpus: usize,
    /// How many CPUs are free there.
    pub free_cpus: u32,
    /// How many more GPUs it would take.
    pub lacks_gpus: usize,
    /// How many more CPUs it would take.
    pub lacks_cpus: u32,
    /// Of GPUs asked for by ID, those that are taken.
    pub taken: Vec<GpuId>,
}

/// The tasks that keep one server from becoming as described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// The server.
    pub server: Name,
    /// The tasks that hold what would go.
    pub tasks: Vec<Name>,
}

impl Refusal {
    /// How many server names an unknown one is answered with.
    const NAMES_SHOWN: usize = 8;

    pub(crate) fn unknown_server(asked: &str, cluster: &Cluster) -> Self {
        let servers = cluster.servers();
        Self::UnknownServer {
            asked: asked.to_owned(),
            servers: servers
                .iter()
                .take(Self::NAMES_SHOWN)
                .map(|server| server.name.clone())
                .collect(),
            count: servers.len(),
        }
    }

    /// No task runs under that name, but perhaps one waits.
    pub(in crate::allocator) fn no_such_task(task: &Name, cluster: &Cluster) -> Self {
        let task = task.clone();
        match cluster.is_waiting(&task) {
            true => Self::StillWaits { task },
            false => Self::UnknownTask { task },
        }
    }
}

/// Why a step is not granted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepShortage {
    /// The task around it.
    pub task: Name,
    /// The demand.
    pub demand: Demand,
    /// The rest that no step with the same parent holds.
    pub free: Portion,
    /// The other steps with the same parent: those that hold the rest, and those that wait.
    pub others: Vec<Step>,
}
