//! What this machine's GPUs do, and why some of them are not granted.

use super::{Style, cut, span, table};
use crate::allocator::{
    Device, GpuId, MemoryUse, Occupant, Reading, Sample, Server, Task, Unavailable,
    UnavailableReason, Unreadable,
};
use crate::outcome::Status;
use crate::render::messages::{Messages, key, printable, quoted, text};

const MIB: u64 = 1 << 20;
/// What `nvidia-smi` shows of a value that is not told.
const UNKNOWN: &str = "-";
/// The columns of a bar.
const BAR: usize = 8;

/// A table of the GPUs, the processes on them, and what keeps those from being granted that are free
/// on paper. Nothing where nobody measures them.
pub(super) fn gpus(status: &Status, style: &Style) -> String {
    let Some((server, sample)) = measured(status) else {
        return String::new();
    };
    let messages = style.messages();
    let columns = [
        key!("column-gpu"),
        key!("column-use"),
        key!("column-memory"),
        key!("column-temperature"),
        key!("column-power"),
        key!("column-task-owner"),
    ];
    let rows = rows(server, sample, messages).map(|row| {
        [
            row.gpu.to_string(),
            row.utilization(),
            row.memory(),
            row.temperature(),
            row.power(),
            row.whose,
        ]
    });
    let table = table(
        columns.map(|column| messages.plain(column)),
        rows,
        style.width,
    );
    format!(
        "\n{}\n{table}\n{}{}",
        heading(server, messages),
        processes(server, sample, messages),
        withheld(server, sample, style),
    )
}

/// The same as bars, line by line.
pub(super) fn bars(status: &Status, style: &Style) -> String {
    let Some((server, sample)) = measured(status) else {
        return String::new();
    };
    let messages = style.messages();
    let lines: String = rows(server, sample, messages)
        .map(|row| line(&row, style.width) + "\n")
        .collect();
    format!(
        "{}\n{lines}{}{}\n",
        heading(server, messages),
        processes(server, sample, messages),
        withheld(server, sample, style),
    )
}

fn measured(status: &Status) -> Option<(&Server, &Sample)> {
    let (id, sample) = status.measured.as_ref()?;
    let mut servers = status.servers.iter();
    let (_, server) = servers.find(|(other, _)| other == id)?;
    (server.total_gpus > 0).then_some((server, sample))
}

fn heading(server: &Server, messages: &Messages) -> String {
    text!(messages, "gpus-heading", server = server.name.as_str())
}

/// One GPU, as it is shown.
struct Row<'s> {
    gpu: GpuId,
    device: Option<&'s Device>,
    whose: String,
}

fn rows<'s>(
    server: &'s Server,
    sample: &'s Sample,
    messages: &'s Messages,
) -> impl Iterator<Item = Row<'s>> {
    ids(server).map(move |gpu| Row {
        gpu,
        device: device(sample, gpu),
        whose: match (holder(server, gpu), server.outlook.withholding(gpu)) {
            (Some(task), _) => match &task.owner {
                Some(owner) => format!("{} ({owner})", task.id),
                None => task.id.to_string(),
            },
            (None, Some(_)) => text!(messages, "gpu-withheld"),
            (None, None) => text!(messages, "gpu-free"),
        },
    })
}

fn ids(server: &Server) -> impl Iterator<Item = GpuId> {
    0..GpuId::try_from(server.total_gpus).unwrap_or(GpuId::MAX)
}

fn device(sample: &Sample, gpu: GpuId) -> Option<&Device> {
    let devices = sample.devices.as_ref().ok()?;
    devices.get(usize::from(gpu))?.as_ref().ok()
}

/// The task that holds that GPU.
pub(in crate::render) fn holder(server: &Server, gpu: GpuId) -> Option<&Task> {
    server.tasks.iter().find(|task| task.gpus.contains(&gpu))
}

impl Row<'_> {
    fn field<T: Copy>(&self, field: impl Fn(&Device) -> &Reading<T>) -> Option<T> {
        field(self.device?).as_ref().ok().copied()
    }

    fn shown<T: Copy>(
        &self,
        field: impl Fn(&Device) -> &Reading<T>,
        show: impl Fn(T) -> String,
    ) -> String {
        self.field(field).map_or_else(|| UNKNOWN.to_owned(), show)
    }

    fn utilization(&self) -> String {
        self.shown(
            |device| &device.utilization,
            |percent| format!("{percent}%"),
        )
    }

    fn memory(&self) -> String {
        self.shown(|device| &device.memory, gib)
    }

    fn temperature(&self) -> String {
        self.shown(
            |device| &device.temperature,
            |degrees| format!("{degrees}°C"),
        )
    }

    fn power(&self) -> String {
        let watts = |milliwatts: u32| format!("{} W", milliwatts.saturating_add(500) / 1000);
        self.shown(|device| &device.power, watts)
    }
}

fn gib(MemoryUse { used, total }: MemoryUse) -> String {
    let gib = |bytes: u64| bytes as f64 / (1024 * MIB) as f64;
    format!("{:.1}/{:.1} GiB", gib(used), gib(total))
}

fn line(row: &Row<'_>, width: Option<u16>) -> String {
    let utilization = row.field(|device| &device.utilization);
    let memory = row.field(|device| &device.memory);
    let memory_use = memory.map(|memory| percent(memory.used, memory.total));
    let line = format!(
        "{:>4}  {} {:>4}  {} {:>14}  {:>5}  {:>5}  {}",
        row.gpu,
        bar(utilization),
        row.utilization(),
        bar(memory_use),
        row.memory(),
        row.temperature(),
        row.power(),
        printable(&row.whose),
    );
    match width {
        Some(width) => cut(&line, usize::from(width)),
        None => line,
    }
}

fn percent(part: u64, whole: u64) -> u32 {
    let percent = part.saturating_mul(100).checked_div(whole).unwrap_or(0);
    u32::try_from(percent).unwrap_or(100)
}

/// Anything at all is more than nothing.
fn bar(percent: Option<u32>) -> String {
    let Some(percent) = percent else {
        return " ".repeat(BAR);
    };
    let full = (percent.min(100) as usize * BAR).div_ceil(100);
    format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))
}

/// What computes on the GPUs, each process in a line.
fn processes(server: &Server, sample: &Sample, messages: &Messages) -> String {
    let lines: Vec<_> = ids(server)
        .flat_map(|gpu| {
            let processes = device(sample, gpu).and_then(|device| device.processes.as_ref().ok());
            let holder = holder(server, gpu);
            let processes = processes.into_iter().flatten();
            processes.map(move |process| {
                let key = match holder {
                    _ if process.ignored => key!("gpu-process-ignored", gpu, process),
                    Some(task) if process.belongs_to(task) => key!("gpu-process", gpu, process),
                    _ => key!("gpu-process-outside", gpu, process),
                };
                let values = [
                    ("gpu", u64::from(gpu).into()),
                    ("process", occupant(process).into()),
                ];
                format!("  {}\n", messages.format(key, &values))
            })
        })
        .collect();
    if lines.is_empty() {
        String::new()
    } else {
        format!("{}\n{}", text!(messages, "gpu-processes"), lines.concat())
    }
}

/// `python3 (PID 4242, bob), 3000 MiB, 2h 5m`.
fn occupant(process: &Occupant) -> String {
    let user = process.user.as_ref();
    let user = user.map(|user| format!(", {user}")).unwrap_or_default();
    let name = match &process.command {
        Some(command) => format!("{command} (PID {}{user})", process.pid),
        None => format!("PID {}{user}", process.pid),
    };
    let memory = process.memory.map(|bytes| format!("{} MiB", bytes / MIB));
    let parts = std::iter::once(name)
        .chain(memory)
        .chain(process.age.map(span));
    parts.collect::<Vec<_>>().join(", ")
}

/// Why GPUs that no task holds are not granted, and what helps.
fn withheld(server: &Server, sample: &Sample, style: &Style) -> String {
    let messages = style.messages();
    let held = Unavailable::held(server).map(|held| {
        let lines = lines_of(&held, messages);
        let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("{}\n{lines}", text!(messages, "gpu-held-but"))
    });
    let held = held.unwrap_or_default();
    let Some(withheld) = Unavailable::on(server) else {
        return held;
    };
    let use_of = |gpu| {
        let device = device(sample, gpu)?;
        device.utilization.as_ref().ok().copied()
    };
    let use_of = |gpu| {
        let percent = use_of(gpu).map(|percent| format!(", {percent}%"));
        percent.unwrap_or_default()
    };
    let lines = lines_with(&withheld, use_of, messages);
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    let hints: String = match style.quiet {
        true => String::new(),
        false => hints(&withheld, messages)
            .iter()
            .map(|hint| format!("    {hint}\n"))
            .collect(),
    };
    format!(
        "{held}{}\n{lines}{hints}",
        text!(messages, "gpu-not-granted")
    )
}

/// What is free on paper alone; GPUs of which the same is to be said share a line.
pub(in crate::render) fn lines_of(withheld: &Unavailable, messages: &Messages) -> Vec<String> {
    lines_with(withheld, |_| String::new(), messages)
}

fn lines_with(
    withheld: &Unavailable,
    use_of: impl Fn(GpuId) -> String,
    messages: &Messages,
) -> Vec<String> {
    let mut lines: Vec<(Vec<GpuId>, &UnavailableReason)> = Vec::new();
    for (gpu, why) in &withheld.gpus {
        match lines.iter_mut().find(|(_, other)| *other == why) {
            Some((gpus, _)) => gpus.push(*gpu),
            None => lines.push((vec![*gpu], why)),
        }
    }
    let line = |(gpus, why): &(Vec<GpuId>, &UnavailableReason)| {
        let ids: Vec<_> = gpus.iter().map(ToString::to_string).collect();
        let use_of = match gpus.as_slice() {
            [only] => use_of(*only),
            _ => String::new(),
        };
        line_of(&ids.join(", "), why, &use_of, messages)
    };
    lines.iter().map(line).collect()
}

fn line_of(gpus: &str, why: &UnavailableReason, use_of: &str, messages: &Messages) -> String {
    let say = |key, value: String| {
        let values = [("gpu", gpus.into()), ("value", value.into())];
        messages.format(key, &values)
    };
    match why {
        UnavailableReason::Busy(processes) => {
            let processes: Vec<_> = processes.iter().map(occupant).collect();
            say(key!("gpu-busy", gpu, value), processes.join("; ") + use_of)
        }
        UnavailableReason::Draining(bytes) => say(
            key!("gpu-draining", gpu, value),
            format!("{} MiB", bytes / MIB),
        ),
        UnavailableReason::Unknown(why) => {
            say(key!("gpu-unknown", gpu, value), unreadable(why, messages))
        }
        UnavailableReason::Missing { lost } => {
            say(key!("gpu-missing", gpu), String::new()) + &card_lost(lost, messages)
        }
        UnavailableReason::Swapped {
            was: Some(other),
            lost,
            ..
        } => say(key!("gpu-moved", gpu, value), other.to_string()) + &card_lost(lost, messages),
        UnavailableReason::Swapped {
            uuid,
            was: None,
            lost,
        } => say(key!("gpu-swapped", gpu, value), uuid.clone()) + &card_lost(lost, messages),
    }
}

/// The card that no device is any longer.
fn card_lost(lost: &Option<String>, messages: &Messages) -> String {
    let said = |uuid: &String| text!(messages, "gpu-lost", uuid = uuid.as_str());
    lost.as_ref().map(said).unwrap_or_default()
}

/// What helps, each thing once.
pub(in crate::render) fn hints(withheld: &Unavailable, messages: &Messages) -> Vec<String> {
    let any = |is: fn(&UnavailableReason) -> bool| withheld.gpus.iter().any(|(_, why)| is(why));
    let busy = withheld.gpus.iter().find_map(|(_, why)| match why {
        UnavailableReason::Busy(processes) => processes.first(),
        _ => None,
    });
    let adopt = busy.map(|process| {
        let pid = process.pid.to_string();
        text!(messages, "gpu-hint-adopt", pid = pid)
    });
    let ignore = busy
        .and_then(ignored_as)
        .map(|ignored| text!(messages, "gpu-hint-ignore", line = ignored));
    let reconcile = any(|why| {
        matches!(
            why,
            UnavailableReason::Swapped { .. } | UnavailableReason::Missing { .. }
        )
    });
    let late = any(|why| *why == UnavailableReason::Unknown(Unreadable::Late));
    let unknown = any(|why| matches!(why, UnavailableReason::Unknown(_)));
    let fixed = [
        (reconcile, key!("gpu-hint-reconcile")),
        (late, key!("gpu-hint-late")),
        (unknown, key!("gpu-hint-trust")),
    ];
    let fixed = fixed.into_iter().filter(|(applies, _)| *applies);
    let fixed = fixed.map(|(_, key)| messages.plain(key));
    adopt.into_iter().chain(ignore).chain(fixed).collect()
}

/// As `ignore` in the config takes it.
fn ignored_as(process: &Occupant) -> Option<String> {
    let command = process.command.as_ref()?;
    let ignored = match &process.user {
        Some(user) => format!("{user}:{command}"),
        None => command.clone(),
    };
    Some(format!("ignore = [{}]", quoted(&ignored)))
}

/// Why something could not be found out.
pub(in crate::render) fn unreadable(why: &Unreadable, messages: &Messages) -> String {
    match why {
        Unreadable::NotTold => text!(messages, "unreadable-not-told"),
        Unreadable::Late => text!(messages, "unreadable-late"),
        Unreadable::Failed(message) => printable(message),
    }
}
