//! What the cluster as it is does not allow.

use super::{Message, steps};
use crate::allocator::{
    Adoption, Behind, Blocker, CommandEnd, Demand, GpuKind, Name, Nearest, OverCap, Refusal,
    Shortage, Stock, TooMuch,
};
use crate::render::prompt;
use crate::render::text::{cpus_asked, gpus_asked, hints, lines_of, names, span};
use crate::render::words::{Words, cap_name};

pub(super) fn message(refusal: &Refusal, words: &Words) -> Message {
    match refusal {
        Refusal::TaskExists {
            task,
            server,
            owner,
        } => task_exists(task, server.as_ref(), owner.as_deref(), words),
        Refusal::StillWaits { task } => about_task("error-still-waits", task, words),
        Refusal::NotWaiting { task } => about_task("error-not-waiting", task, words),
        Refusal::GrantLost => Message {
            headline: words.text("error-grant-lost"),
            details: Vec::new(),
            hint: words.text("error-grant-lost.hint"),
        },
        Refusal::AboveMaxTtl { asked, max } => {
            let values = || [("asked", span(*asked).into()), ("max", span(*max).into())];
            Message {
                headline: words.say("error-above-max-ttl", values()),
                details: Vec::new(),
                hint: words.say("error-above-max-ttl.hint", values()),
            }
        }
        Refusal::OverCap(over) => over_cap(over, words),
        Refusal::AboveCap { cap, max, asked } => Message {
            headline: words.say(
                "error-above-cap",
                [("max", (*max).into()), ("asked", (*asked).into())],
            ),
            details: Vec::new(),
            hint: words.say("error-above-cap.hint", [("key", cap_name(*cap).into())]),
        },
        Refusal::Occupied { task } => about_task("error-occupied", task, words),
        Refusal::ProgramRuns { task, pid } => {
            let message = about_task("error-program-runs", task, words);
            let pid = pid.map(|pid| pid.to_string());
            Message {
                details: pid
                    .map(|pid| words.say("error-program-runs.pid", [("pid", pid.into())]))
                    .into_iter()
                    .collect(),
                ..message
            }
        }
        Refusal::StillUsed { task } => about_task("error-still-used", task, words),
        Refusal::NoProgram { task } => about_task("error-no-program", task, words),
        Refusal::NoTtl { task } => about_task("error-no-ttl", task, words),
        Refusal::Behind(behind) => self::behind(behind, words),
        Refusal::OuterLacks {
            task,
            demand,
            gpus,
            cpus,
        } => Message {
            headline: words.say(
                "error-outer-lacks",
                [
                    ("task", task.as_str().into()),
                    ("gpus", (*gpus).into()),
                    ("cpus", (*cpus).into()),
                ],
            ),
            details: vec![asked(demand, words)],
            hint: words.text("error-outer-lacks.hint"),
        },
        Refusal::StepsInTheWay(shortage) => steps::in_the_way(shortage, words),
        Refusal::UnknownTask { task } => Message {
            headline: words.say("error-unknown-task", [("task", task.as_str().into())]),
            details: Vec::new(),
            hint: words.text("error-unknown-task.hint"),
        },
        Refusal::UnknownServer {
            asked,
            servers,
            count,
        } => Message {
            headline: words.say("error-unknown-server", [("server", asked.as_str().into())]),
            details: vec![words.say(
                "error-unknown-server.names",
                [("names", names(servers, *count).into())],
            )],
            hint: words.text("error-unknown-server.hint"),
        },
        Refusal::OwnersAlone { task, owner, end } => {
            let (headline, why) = match end {
                CommandEnd::Sooner => {
                    ("error-owners-alone-sooner", "error-owners-alone-sooner.why")
                }
                CommandEnd::Now => ("error-owners-alone-now", "error-owners-alone-now.why"),
            };
            let named = || {
                [
                    ("task", task.as_str().into()),
                    ("owner", owner.as_str().into()),
                ]
            };
            Message {
                headline: words.say(headline, named()),
                details: vec![words.say(why, named())],
                hint: words.say(&format!("{headline}.hint"), named()),
            }
        }
        Refusal::NotOwner { tasks } => Message {
            headline: words.text("error-not-owner"),
            details: tasks
                .iter()
                .map(|(task, owner)| {
                    words.say(
                        "error-not-owner.task",
                        [
                            ("task", task.as_str().into()),
                            ("owner", owner.as_str().into()),
                        ],
                    )
                })
                .collect(),
            hint: words.text("error-not-owner.hint"),
        },
        Refusal::BelowMinimum { asked, min } => Message {
            headline: words.say(
                "error-below-minimum",
                [("asked", (*asked).into()), ("min", (*min).into())],
            ),
            details: Vec::new(),
            hint: words.say("error-below-minimum.hint", [("min", (*min).into())]),
        },
        Refusal::AboveMaximum { asked, max } => Message {
            headline: words.say(
                "error-above-maximum",
                [("asked", (*asked).into()), ("max", (*max).into())],
            ),
            details: Vec::new(),
            hint: words.say("error-above-maximum.hint", [("max", (*max).into())]),
        },
        Refusal::Impossible(too_much) => impossible(too_much, words),
        Refusal::NotAdopted { pid, why } => not_adopted(*pid, why, words),
        Refusal::Insufficient(shortage) => insufficient(shortage, words),
        Refusal::InTheWay { blockers } => Message {
            headline: words.text("error-in-the-way"),
            details: blockers
                .iter()
                .map(|blocker| in_the_way(blocker, words))
                .collect(),
            hint: words.text("error-in-the-way.hint"),
        },
    }
}

fn task_exists(task: &Name, server: Option<&Name>, owner: Option<&str>, words: &Words) -> Message {
    let headline = match server {
        Some(server) => words.say(
            "error-task-exists",
            [
                ("task", task.as_str().into()),
                ("server", server.as_str().into()),
            ],
        ),
        None => words.say("error-task-waits", [("task", task.as_str().into())]),
    };
    let hint = match server {
        Some(_) => "error-task-exists.hint",
        None => "error-task-waits.hint",
    };
    let belongs = |owner: &str| words.say("error-task-exists.owner", [("owner", owner.into())]);
    Message {
        headline,
        details: owner.map(belongs).into_iter().collect(),
        hint: words.say(hint, [("word", prompt::task(task.as_str()).into())]),
    }
}

fn not_adopted(pid: u32, why: &Adoption, words: &Words) -> Message {
    let (key, task, cpus) = match why {
        Adoption::ComputesNowhere => ("error-adopt-nowhere", "", 0),
        Adoption::CannotTell => ("error-adopt-unknown", "", 0),
        Adoption::HeldBy(task) => ("error-adopt-held", task.as_str(), 0),
        Adoption::LacksCpus(cpus) => ("error-adopt-cpus", "", *cpus),
    };
    let values = || {
        [
            ("pid", pid.to_string().into()),
            ("task", task.into()),
            ("cpus", cpus.into()),
        ]
    };
    Message {
        headline: words.say(key, values()),
        details: Vec::new(),
        hint: words.say(&format!("{key}.hint"), values()),
    }
}

fn about_task(key: &str, task: &Name, words: &Words) -> Message {
    Message {
        headline: words.say(key, [("task", task.as_str().into())]),
        details: Vec::new(),
        hint: words.say(
            &format!("{key}.hint"),
            [("word", prompt::task(task.as_str()).into())],
        ),
    }
}

fn behind(behind: &Behind, words: &Words) -> Message {
    let owner = behind.owner.as_deref().unwrap_or("-");
    let values = [
        ("task", behind.task.as_str().into()),
        ("server", behind.server.as_str().into()),
        ("owner", owner.into()),
    ];
    Message {
        headline: words.text("error-behind"),
        details: vec![words.say("error-behind.first", values)],
        hint: words.text("error-behind.hint"),
    }
}

pub(super) fn asked(demand: &Demand, words: &Words) -> String {
    let (gpus, cpus) = (
        gpus_asked(&demand.gpus),
        cpus_asked(demand.cpus, &words.of_results()),
    );
    let asked = words.say(
        "error-insufficient.asked",
        [("gpus", gpus.into()), ("cpus", cpus.into())],
    );
    let GpuKind { model, memory } = &demand.kind;
    let model = model
        .as_deref()
        .map(|model| words.say("error-insufficient.model", [("model", model.into())]));
    let memory = memory.map(|memory| {
        let memory = memory.display().iec().to_string();
        words.say("error-insufficient.memory", [("memory", memory.into())])
    });
    let parts = std::iter::once(asked).chain(model).chain(memory);
    parts.collect::<Vec<_>>().join(", ")
}

fn impossible(too_much: &TooMuch, words: &Words) -> Message {
    let largest = words.say(
        "error-impossible.largest",
        [
            ("gpus", too_much.gpus.into()),
            ("cpus", too_much.cpus.into()),
        ],
    );
    let host = too_much.host.as_deref();
    let host = host.map(|host| words.say("error-impossible.host", [("host", host.into())]));
    let stock = too_much.stock.iter().map(|kind| in_stock(kind, words));
    Message {
        headline: words.text("error-impossible"),
        details: [asked(&too_much.demand, words), largest]
            .into_iter()
            .chain(host)
            .chain(stock)
            .collect(),
        hint: words.text("error-impossible.hint"),
    }
}

fn insufficient(shortage: &Shortage, words: &Words) -> Message {
    let Shortage {
        demand,
        nearest,
        draining,
        withheld,
    } = shortage;
    let nearest = match nearest {
        Some(nearest) => nearest_server(nearest, words),
        None => words.text("error-insufficient.draining"),
    };
    let drained = draining
        .iter()
        .filter(|_| shortage.nearest.is_some())
        .map(|server| {
            words.say(
                "error-insufficient.drained",
                [("server", server.as_str().into())],
            )
        });
    let results = words.of_results();
    let reasons = withheld.iter().flat_map(|withheld| {
        let values = [("server", withheld.server.as_str().into())];
        let head = words.say("error-insufficient.withheld", values);
        let lines = lines_of(withheld, &results);
        std::iter::once(head).chain(lines.into_iter().map(|line| format!("  {line}")))
    });
    let helps = withheld
        .iter()
        .flat_map(|withheld| hints(withheld, &results));
    let hint = std::iter::once(words.text("error-insufficient.hint")).chain(helps);
    Message {
        headline: words.text("error-insufficient"),
        details: [asked(demand, words), nearest]
            .into_iter()
            .chain(drained)
            .chain(reasons)
            .collect(),
        hint: hint.collect::<Vec<_>>().join("\n"),
    }
}

fn in_stock(stock: &Stock, words: &Words) -> String {
    let memory = stock
        .memory
        .map(|memory| memory.display().iec().to_string());
    let model = stock.model.as_deref();
    let kind = [model, memory.as_deref()];
    let kind: Vec<_> = kind.into_iter().flatten().collect();
    let kind = match kind.is_empty() {
        true => words.text("error-impossible.unknown-kind"),
        false => kind.join(", "),
    };
    let values = [
        ("count", stock.gpus.into()),
        ("kind", kind.into()),
        ("server", stock.server.as_str().into()),
    ];
    words.say("error-impossible.stock", values)
}

fn nearest_server(nearest: &Nearest, words: &Words) -> String {
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
        "error-insufficient.nearest"
    } else {
        "error-insufficient.nearest-ids"
    };
    words.say(key, values)
}

fn in_the_way(Blocker { server, tasks }: &Blocker, words: &Words) -> String {
    let tasks = names(tasks, tasks.len());
    words.say(
        "error-in-the-way.server",
        [("server", server.as_str().into()), ("tasks", tasks.into())],
    )
}

fn over_cap(over: &OverCap, words: &Words) -> Message {
    let values = || {
        [
            ("max", over.max.into()),
            ("held", over.held.into()),
            ("asked", over.asked.into()),
            ("key", cap_name(over.cap).into()),
        ]
    };
    Message {
        headline: words.say("error-over-cap", values()),
        details: vec![words.say("error-over-cap.held", values())],
        hint: words.say("error-over-cap.hint", values()),
    }
}
