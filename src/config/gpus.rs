//! `[gpu]`, and what a `[[server]]` says of its GPUs.

use super::document::{Mistakes, Placed, Table};
use super::mistake::Wrong;
use crate::allocator::{Cards, PerGpu};
use bytesize::ByteSize;
use std::str::FromStr;
use std::time::Duration;

/// How GPUs are measured, and what is made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measuring {
    /// Grant GPUs of which nothing is known.
    pub trust_bookkeeping: bool,
    /// Processes that do not count.
    pub ignore: Vec<Ignored>,
    /// That much memory may be in use on a GPU that nobody uses.
    pub idle_memory: ByteSize,
    /// How long a measurement may take.
    pub timeout: Duration,
}

impl Default for Measuring {
    fn default() -> Self {
        Self {
            trust_bookkeeping: false,
            ignore: Vec::new(),
            idle_memory: ByteSize::mib(512),
            timeout: Duration::from_millis(900),
        }
    }
}

/// `PROGRAM`, or `USER:PROGRAM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The user it runs as; any, if none.
    pub user: Option<String>,
    /// The program's name.
    pub program: String,
}

impl Ignored {
    /// Whether a process of that user and program is one of these.
    pub fn is(&self, user: Option<&str>, program: Option<&str>) -> bool {
        program == Some(&self.program) && (self.user.is_none() || self.user.as_deref() == user)
    }
}

impl From<&str> for Ignored {
    fn from(text: &str) -> Self {
        match text.split_once(':') {
            Some((user, program)) => Self {
                user: Some(user.to_owned()),
                program: program.to_owned(),
            },
            None => Self {
                user: None,
                program: text.to_owned(),
            },
        }
    }
}

pub(super) fn read(
    mut table: Table<'_>,
    mistakes: &mut Mistakes<'_>,
) -> (Measuring, Option<Duration>) {
    let default = Measuring::default();
    let trust = table.flag("trust_bookkeeping", mistakes);
    let ignore = table.list("ignore", mistakes);
    let idle_memory = table
        .text("idle_memory", mistakes)
        .and_then(|text| size("gpu.idle_memory", text, mistakes));
    let timeout = table.duration("timeout", mistakes);
    let idle_warning = table.duration("idle_warning", mistakes);
    table.finish(mistakes);
    let ignore = ignore.map(|(texts, _)| texts.iter().map(|text| text.as_str().into()).collect());
    let measuring = Measuring {
        trust_bookkeeping: trust.unwrap_or(default.trust_bookkeeping),
        ignore: ignore.unwrap_or_default(),
        idle_memory: idle_memory.unwrap_or(default.idle_memory),
        timeout: timeout.unwrap_or(default.timeout),
    };
    (measuring, idle_warning)
}

/// What a server's GPUs are: one text for all of them, or one for each.
pub(super) fn cards(
    table: &mut Table<'_>,
    gpus: Option<u32>,
    mistakes: &mut Mistakes<'_>,
) -> Cards {
    let models = table.one_or_list("gpu_model", mistakes);
    let memory = table.one_or_list("gpu_memory", mistakes);
    let uuids = table.list("gpu_uuids", mistakes);
    let mut fits = |key: &str, count: usize, place: &_| {
        if gpus.is_some_and(|gpus| gpus as usize != count) {
            let key = key.to_owned();
            mistakes.add(place, Wrong::NotOneEach { key, found: count });
        }
    };
    for (key, list) in [("gpu_model", &models), ("gpu_memory", &memory)] {
        if let Some((PerGpu::List(texts), place)) = list {
            fits(key, texts.len(), place);
        }
    }
    if let Some((texts, place)) = &uuids {
        fits("gpu_uuids", texts.len(), place);
    }
    Cards {
        models: models.map(|(models, _)| models),
        memory: memory.and_then(|(texts, place)| {
            let mut size = |text: String| size("gpu_memory", (text, place.clone()), mistakes);
            match texts {
                PerGpu::All(text) => size(text).map(PerGpu::All),
                PerGpu::List(texts) => {
                    let sizes: Option<Vec<_>> = texts.into_iter().map(size).collect();
                    sizes.map(PerGpu::List)
                }
            }
        }),
        uuids: uuids.map(|(texts, _)| texts).unwrap_or_default(),
    }
}

pub(super) fn size(
    key: &str,
    (text, place): Placed<String>,
    mistakes: &mut Mistakes<'_>,
) -> Option<ByteSize> {
    let size = ByteSize::from_str(&text).ok();
    if size.is_none() {
        let key = key.to_owned();
        mistakes.add(&place, Wrong::Size { key });
    }
    size
}
