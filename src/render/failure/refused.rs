//! What the cluster as it is does not allow.

use super::demand::asked;
use super::{Message, steps};
use crate::allocator::{
    Adoption, Behind, Blocker, CommandEnd, GpuStock, Name, Nearest, QuotaExceeded, Refusal,
    Shortage, TooMuch,
};
use crate::render::messages::{Keys, Messages, cap_name, key, keys, text};
use crate::render::prompt;
use crate::render::text::{hints, lines_of, names, span};

pub(super) fn message(refusal: &Refusal, messages: &Messages) -> Message {
    match refusal {
        Refusal::TaskExists {
            task,
            server,
            owner,
        } => task_exists(task, server.as_ref(), owner.as_deref(), messages),
        Refusal::StillWaits { task } => {
            about_task(keys!("error-still-waits", task, word), task, messages)
        }
        Refusal::NotWaiting { task } => {
            about_task(keys!("error-not-waiting", task, word), task, messages)
        }
        Refusal::GrantLost => Message {
            headline: text!(messages, "error-grant-lost"),
            details: Vec::new(),
            hint: text!(messages, "error-grant-lost.hint"),
        },
        Refusal::AboveMaxTtl { asked, max } => Message {
            headline: text!(
                messages,
                "error-above-max-ttl",
                asked = span(*asked),
                max = span(*max)
            ),
            details: Vec::new(),
            hint: text!(messages, "error-above-max-ttl.hint", max = span(*max)),
        },
        Refusal::QuotaExceeded(over) => over_cap(over, messages),
        Refusal::AboveQuota { cap, max, asked } => Message {
            headline: text!(messages, "error-above-cap", max = *max, asked = *asked),
            details: Vec::new(),
            hint: text!(messages, "error-above-cap.hint", key = cap_name(*cap)),
        },
        Refusal::Occupied { task } => about_task(keys!("error-occupied", task), task, messages),
        Refusal::ProgramRuns { task, pid } => {
            let message = about_task(keys!("error-program-runs", task, word), task, messages);
            let pid = pid.map(|pid| pid.to_string());
            Message {
                details: pid
                    .map(|pid| text!(messages, "error-program-runs.pid", pid = pid))
                    .into_iter()
                    .collect(),
                ..message
            }
        }
        Refusal::StillUsed { task } => {
            about_task(keys!("error-still-used", task, word), task, messages)
        }
        Refusal::NoProgram { task } => {
            about_task(keys!("error-no-program", task, word), task, messages)
        }
        Refusal::NoTtl { task } => about_task(keys!("error-no-ttl", task, word), task, messages),
        Refusal::Behind(behind) => self::behind(behind, messages),
        Refusal::OuterLacks {
            task,
            demand,
            gpus,
            cpus,
        } => Message {
            headline: text!(
                messages,
                "error-outer-lacks",
                task = task.as_str(),
                gpus = *gpus,
                cpus = *cpus
            ),
            details: vec![asked(demand, messages)],
            hint: text!(messages, "error-outer-lacks.hint"),
        },
        Refusal::StepsInTheWay(shortage) => steps::in_the_way(shortage, messages),
        Refusal::UnknownTask { task } => Message {
            headline: text!(messages, "error-unknown-task", task = task.as_str()),
            details: Vec::new(),
            hint: text!(messages, "error-unknown-task.hint"),
        },
        Refusal::UnknownServer {
            asked,
            servers,
            count,
        } => Message {
            headline: text!(messages, "error-unknown-server", server = asked.as_str()),
            details: vec![text!(
                messages,
                "error-unknown-server.names",
                names = names(servers, *count)
            )],
            hint: text!(messages, "error-unknown-server.hint"),
        },
        Refusal::OwnersAlone { task, owner, end } => {
            let (keys, why) = match end {
                CommandEnd::Sooner => (
                    keys!("error-owners-alone-sooner", owner, task),
                    key!("error-owners-alone-sooner.why", owner),
                ),
                CommandEnd::Now => (
                    keys!("error-owners-alone-now", owner, task),
                    key!("error-owners-alone-now.why", owner),
                ),
            };
            let values = [
                ("task", task.as_str().into()),
                ("owner", owner.as_str().into()),
            ];
            Message {
                headline: messages.format(keys.headline, &values),
                details: vec![messages.format(why, &values)],
                hint: messages.format(keys.hint, &values),
            }
        }
        Refusal::NotOwner { tasks } => Message {
            headline: text!(messages, "error-not-owner"),
            details: tasks
                .iter()
                .map(|(task, owner)| {
                    text!(
                        messages,
                        "error-not-owner.task",
                        task = task.as_str(),
                        owner = owner.as_str()
                    )
                })
                .collect(),
            hint: text!(messages, "error-not-owner.hint"),
        },
        Refusal::BelowMinimum { asked, min } => Message {
            headline: text!(messages, "error-below-minimum", asked = *asked, min = *min),
            details: Vec::new(),
            hint: text!(messages, "error-below-minimum.hint", min = *min),
        },
        Refusal::AboveMaximum { asked, max } => Message {
            headline: text!(messages, "error-above-maximum", asked = *asked, max = *max),
            details: Vec::new(),
            hint: text!(messages, "error-above-maximum.hint", max = *max),
        },
        Refusal::Impossible(too_much) => impossible(too_much, messages),
        Refusal::NotAdopted { pid, why } => not_adopted(*pid, why, messages),
        Refusal::Insufficient(shortage) => insufficient(shortage, messages),
        Refusal::InTheWay { blockers } => Message {
            headline: text!(messages, "error-in-the-way"),
            details: blockers
                .iter()
                .map(|blocker| in_the_way(blocker, messages))
                .collect(),
            hint: text!(messages, "error-in-the-way.hint"),
        },
    }
}

fn task_exists(
    task: &Name,
    server: Option<&Name>,
    owner: Option<&str>,
    messages: &Messages,
) -> Message {
    let headline = match server {
        Some(server) => text!(
            messages,
            "error-task-exists",
            task = task.as_str(),
            server = server.as_str()
        ),
        None => text!(messages, "error-task-waits", task = task.as_str()),
    };
    let hint = match server {
        Some(_) => key!("error-task-exists.hint", word),
        None => key!("error-task-waits.hint", word),
    };
    let belongs = |owner: &str| text!(messages, "error-task-exists.owner", owner = owner);
    Message {
        headline,
        details: owner.map(belongs).into_iter().collect(),
        hint: messages.format(hint, &[("word", prompt::task(task.as_str()).into())]),
    }
}

fn not_adopted(pid: u32, why: &Adoption, messages: &Messages) -> Message {
    let (keys, task, cpus) = match why {
        Adoption::ComputesNowhere => (keys!("error-adopt-nowhere", pid), "", 0),
        Adoption::CannotTell => (keys!("error-adopt-unknown", pid), "", 0),
        Adoption::HeldBy(task) => (keys!("error-adopt-held", pid, task), task.as_str(), 0),
        Adoption::LacksCpus(cpus) => (keys!("error-adopt-cpus", cpus), "", *cpus),
    };
    let values = [
        ("pid", pid.to_string().into()),
        ("task", task.into()),
        ("cpus", cpus.into()),
    ];
    Message {
        headline: messages.format(keys.headline, &values),
        details: Vec::new(),
        hint: messages.format(keys.hint, &values),
    }
}

fn about_task(keys: Keys, task: &Name, messages: &Messages) -> Message {
    Message {
        headline: messages.format(keys.headline, &[("task", task.as_str().into())]),
        details: Vec::new(),
        hint: messages.format(keys.hint, &[("word", prompt::task(task.as_str()).into())]),
    }
}

fn behind(behind: &Behind, messages: &Messages) -> Message {
    let owner = behind.owner.as_deref().unwrap_or("-");
    Message {
        headline: text!(messages, "error-behind"),
        details: vec![text!(
            messages,
            "error-behind.first",
            task = behind.task.as_str(),
            server = behind.server.as_str(),
            owner = owner
        )],
        hint: text!(messages, "error-behind.hint"),
    }
}

fn impossible(too_much: &TooMuch, messages: &Messages) -> Message {
    let largest = text!(
        messages,
        "error-impossible.largest",
        gpus = too_much.gpus,
        cpus = too_much.cpus
    );
    let host = too_much.host.as_deref();
    let host = host.map(|host| text!(messages, "error-impossible.host", host = host));
    let stock = too_much.stock.iter().map(|kind| in_stock(kind, messages));
    Message {
        headline: text!(messages, "error-impossible"),
        details: [asked(&too_much.demand, messages), largest]
            .into_iter()
            .chain(host)
            .chain(stock)
            .collect(),
        hint: text!(messages, "error-impossible.hint"),
    }
}

fn insufficient(shortage: &Shortage, messages: &Messages) -> Message {
    let Shortage {
        demand,
        nearest,
        draining,
        withheld,
    } = shortage;
    let nearest = match nearest {
        Some(nearest) => nearest_server(nearest, messages),
        None => text!(messages, "error-insufficient.draining"),
    };
    let drained = draining
        .iter()
        .filter(|_| shortage.nearest.is_some())
        .map(|server| {
            text!(
                messages,
                "error-insufficient.drained",
                server = server.as_str()
            )
        });
    let reasons = withheld.iter().flat_map(|withheld| {
        let head = text!(
            messages,
            "error-insufficient.withheld",
            server = withheld.server.as_str()
        );
        let lines = lines_of(withheld, messages);
        std::iter::once(head).chain(lines.into_iter().map(|line| format!("  {line}")))
    });
    let helps = withheld
        .iter()
        .flat_map(|withheld| hints(withheld, messages));
    let hint = std::iter::once(text!(messages, "error-insufficient.hint")).chain(helps);
    Message {
        headline: text!(messages, "error-insufficient"),
        details: [asked(demand, messages), nearest]
            .into_iter()
            .chain(drained)
            .chain(reasons)
            .collect(),
        hint: hint.collect::<Vec<_>>().join("\n"),
    }
}

fn in_stock(stock: &GpuStock, messages: &Messages) -> String {
    let memory = stock
        .memory
        .map(|memory| memory.display().iec().to_string());
    let model = stock.model.as_deref();
    let kind = [model, memory.as_deref()];
    let kind: Vec<_> = kind.into_iter().flatten().collect();
    let kind = match kind.is_empty() {
        true => text!(messages, "error-impossible.unknown-kind"),
        false => kind.join(", "),
    };
    text!(
        messages,
        "error-impossible.stock",
        count = stock.gpus,
        kind = kind,
        server = stock.server.as_str()
    )
}

fn nearest_server(nearest: &Nearest, messages: &Messages) -> String {
    let taken: Vec<_> = nearest.taken.iter().map(ToString::to_string).collect();
    let values = [
        ("server", nearest.server_name.as_str().into()),
        ("free_gpus", nearest.free_gpus.into()),
        ("free_cpus", nearest.free_cpus.into()),
        ("lacks_gpus", nearest.lacks_gpus.into()),
        ("lacks_cpus", nearest.lacks_cpus.into()),
        ("taken", taken.join(",").into()),
    ];
    let key = if taken.is_empty() {
        key!(
            "error-insufficient.nearest",
            free_cpus,
            free_gpus,
            lacks_cpus,
            lacks_gpus,
            server
        )
    } else {
        key!("error-insufficient.nearest-ids", lacks_cpus, server, taken)
    };
    messages.format(key, &values)
}

fn in_the_way(Blocker { server, tasks }: &Blocker, messages: &Messages) -> String {
    let tasks = names(tasks, tasks.len());
    text!(
        messages,
        "error-in-the-way.server",
        server = server.as_str(),
        tasks = tasks
    )
}

fn over_cap(over: &QuotaExceeded, messages: &Messages) -> Message {
    let (max, key) = (over.max, cap_name(over.cap));
    Message {
        headline: text!(messages, "error-over-cap", max = max, asked = over.asked),
        details: vec![text!(
            messages,
            "error-over-cap.held",
            held = over.held,
            max = max,
            asked = over.asked,
            key = key
        )],
        hint: text!(messages, "error-over-cap.hint", max = max, key = key),
    }
}
