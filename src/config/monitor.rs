//! What the monitor does: `monitor_interval`, `auto_scale`, `[scaling]` and `[auto]`.

use super::document::{Mistakes, Table};
use super::mistake::Wrong;
use super::names::server_name as name;
use crate::allocator::{MAX_GPUS, Name, Scaling};
use chrono::TimeDelta;
use std::time::Duration;

/// How often the monitor looks, and what it does of its own accord.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitoring {
    /// How often.
    pub interval: Duration,
    /// How programs grow and shrink; none if they do not.
    pub scaling: Option<Scaling>,
    /// The fewest GPUs that a program is started with.
    pub min_gpus: u32,
    /// The programs that it starts as GPUs fall free.
    pub programs: Vec<Name>,
    /// Whether the config says anything of that.
    pub is_told: bool,
}

/// How often where the config does not say: the guide's own figure.
const INTERVAL: TimeDelta = TimeDelta::seconds(5);

/// `can_start`: there is something to start.
pub(super) fn read(
    root: &mut Table<'_>,
    can_start: bool,
    mistakes: &mut Mistakes<'_>,
) -> Monitoring {
    let interval = root.span("monitor_interval", mistakes);
    let auto_scale = root.flag("auto_scale", mistakes);
    let scaling = root.table("scaling", mistakes);
    let is_told = interval.is_some() || auto_scale.is_some() || scaling.is_some();
    let (enabled, scaling) = scaling.map_or_else(
        || (true, Scaling::default()),
        |table| self::scaling(table, mistakes),
    );
    let programs = root
        .table("auto", mistakes)
        .map(|table| programs(table, can_start, mistakes));
    let interval = interval.unwrap_or(INTERVAL).to_std();
    Monitoring {
        // Less would keep the machine busy with looking.
        interval: interval.unwrap_or_default().max(Duration::from_millis(100)),
        min_gpus: scaling.min_gpus,
        scaling: (auto_scale == Some(true) && enabled).then_some(scaling),
        is_told: is_told || programs.is_some(),
        programs: programs.unwrap_or_default(),
    }
}

fn scaling(mut table: Table<'_>, mistakes: &mut Mistakes<'_>) -> (bool, Scaling) {
    let default = Scaling::default();
    let enabled = table.flag("enabled", mistakes).unwrap_or(true);
    let min = table.number("min_gpus", 1..=MAX_GPUS, mistakes);
    let max = table.number("max_gpus", 1..=MAX_GPUS, mistakes);
    let up = table.fraction("scale_up_threshold", mistakes);
    let down = table.fraction("scale_down_threshold", mistakes);
    let window = table.number("window", 1..=1000, mistakes);
    let cooldown = table.span("cooldown", mistakes);
    table.finish(mistakes);
    let min_gpus = min.map_or(default.min_gpus, |(min, _)| min);
    if let Some((max, place)) = max.as_ref().filter(|(max, _)| *max < min_gpus) {
        let (min, max) = (min_gpus, *max);
        mistakes.add(place, Wrong::ScalingMinOverMax { min, max });
    }
    let percent = |fraction: Option<_>, default| fraction.map_or(default, |(percent, _)| percent);
    let scaling = Scaling {
        min_gpus,
        max_gpus: max.map(|(max, _)| max),
        up: percent(up.clone(), default.up),
        down: percent(down.clone(), default.down),
        window: window.map_or(default.window, |(window, _)| window),
        cooldown: cooldown.unwrap_or(default.cooldown),
    };
    // At or between the two nothing is to happen.
    if let Some((_, place)) = down.or(up).filter(|_| scaling.down >= scaling.up) {
        mistakes.add(&place, Wrong::DownOverUp);
    }
    (enabled, scaling)
}

fn programs(mut table: Table<'_>, can_start: bool, mistakes: &mut Mistakes<'_>) -> Vec<Name> {
    let programs = table.placed_list("programs", mistakes).unwrap_or_default();
    if let Some((_, place)) = programs.first().filter(|_| !can_start) {
        mistakes.add(place, Wrong::NoProgram);
    }
    table.finish(mistakes);
    let names = programs.into_iter();
    names.filter_map(|text| name(text, mistakes)).collect()
}
