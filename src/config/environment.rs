//! `[environment]`: variables that a task gets besides those it always gets.

use super::document::{Mistakes, Placed, Table};
use super::mistake::Wrong;
use crate::variables::{HELPER, RUN, STEP, SUPERVISES};
use std::fmt;

/// Variables for every task, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Names and what becomes of them.
    pub variables: Vec<(String, Template)>,
}

/// A text with places to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub Vec<Part>);

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// `{gpu_list}`: the device IDs, separated by commas.
    GpuList,
    /// `{gpu_count}`: how many there are.
    GpuCount,
    /// `{cpu_count}`: how many CPU cores.
    CpuCount,
    /// `{task_id}`: the task's name.
    TaskId,
    /// `{server}`: its server's name.
    Server,
}

/// As it is written in a config.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    f.write_str(&text.replace('{', "{{").replace('}', "}}"))?;
                }
                Part::GpuList => f.write_str("{gpu_list}")?,
                Part::GpuCount => f.write_str("{gpu_count}")?,
                Part::CpuCount => f.write_str("{cpu_count}")?,
                Part::TaskId => f.write_str("{task_id}")?,
                Part::Server => f.write_str("{server}")?,
            }
        }
        Ok(())
    }
}

/// Set for every task anyway.
const RESERVED: [&str; 10] = [
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "GPUMGR_TASK_ID",
    "GPUMGR_SERVER",
    "GPUMGR_GPUS",
    "GPUMGR_CPUS",
    RUN,
    STEP,
    SUPERVISES,
    HELPER,
];

pub(super) fn read(table: Table<'_>, mistakes: &mut Mistakes<'_>) -> Environment {
    Environment {
        variables: variables(table, &RESERVED, mistakes),
    }
}

/// A program's own, which may also set what every task has: the guide's template sets
/// `CUDA_VISIBLE_DEVICES`.
pub(super) fn of_program(table: Table<'_>, mistakes: &mut Mistakes<'_>) -> Vec<(String, Template)> {
    variables(table, &[RUN, STEP, SUPERVISES, HELPER], mistakes)
}

fn variables(
    table: Table<'_>,
    reserved: &[&str],
    mistakes: &mut Mistakes<'_>,
) -> Vec<(String, Template)> {
    let mut variables: Vec<_> = table
        .texts(mistakes)
        .into_iter()
        .filter_map(|(name, value)| variable(name, value, reserved, mistakes))
        .collect();
    variables.sort_by(|(one, _), (other, _)| one.cmp(other));
    variables
}

fn variable(
    (name, place): Placed<String>,
    (value, value_place): Placed<String>,
    reserved: &[&str],
    mistakes: &mut Mistakes<'_>,
) -> Option<(String, Template)> {
    if !is_name(&name) {
        mistakes.add(&place, Wrong::VariableName { name });
        return None;
    }
    if reserved.contains(&name.as_str()) {
        mistakes.add(&place, Wrong::VariableReserved { name });
        return None;
    }
    match parse(&value) {
        Ok(template) => Some((name, template)),
        Err(placeholder) => {
            mistakes.add(&value_place, Wrong::Placeholder { name, placeholder });
            None
        }
    }
}

/// As every shell can write it.
fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(letter)
        && name
            .bytes()
            .all(|byte| letter(byte) || byte.is_ascii_digit())
}

/// # Errors
/// The first thing in braces that is not known; `{{` and `}}` are braces.
pub(super) fn parse(text: &str) -> Result<Template, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}', '\0']) {
        plain.push_str(&rest[..at]);
        let from = &rest[at..];
        if from.starts_with("{{") || from.starts_with("}}") {
            plain.push_str(&from[..1]);
            rest = &from[2..];
            continue;
        }
        let (name, after) = from
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'))
            .ok_or_else(|| from.chars().take(16).collect::<String>())?;
        let part = placeholder(name).ok_or_else(|| format!("{{{name}}}"))?;
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(part);
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(Template(parts))
}

fn placeholder(name: &str) -> Option<Part> {
    Some(match name {
        "gpu_list" => Part::GpuList,
        "gpu_count" => Part::GpuCount,
        "cpu_count" => Part::CpuCount,
        "task_id" => Part::TaskId,
        "server" => Part::Server,
        _ => return None,
    })
}
