//! How programs ended that the monitor starts by itself: a list that v0.1 does not have.

use super::decode::{name, time_of};
use super::encode::{exact_time, json, list, name_json};
use super::object::{self, Field};
use super::places::{AutoParts, Object};
use super::splice::Splice;
use crate::allocator::{AutoEnd, AutoProgram, Cluster};
use crate::store::error::Damage;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct AutoFields<'t> {
    #[serde(borrow)]
    task_id: Cow<'t, str>,
    end: EndField,
    #[serde(borrow)]
    when: Cow<'t, str>,
    #[serde(default)]
    failures: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EndField {
    Done,
    Stopped,
    Lost,
    Failed,
    #[serde(other)]
    Other,
}

pub(super) fn decode(found: Vec<Object<AutoFields<'_>>>) -> Result<Vec<AutoProgram>, Damage> {
    let found = found.into_iter().enumerate();
    let record = |(position, fields): (usize, Object<AutoFields<'_>>)| {
        one(fields.value).map_err(|damage| damage.within(&format!("auto_programs[{position}].")))
    };
    found.map(record).collect()
}

fn one(fields: AutoFields<'_>) -> Result<AutoProgram, Damage> {
    Ok(AutoProgram {
        task: name(fields.task_id, "task_id")?,
        end: match fields.end {
            EndField::Done => AutoEnd::Done,
            EndField::Stopped => AutoEnd::Stopped,
            EndField::Lost => AutoEnd::Lost,
            EndField::Failed => AutoEnd::Failed,
            EndField::Other => AutoEnd::Other,
        },
        when: time_of(&fields.when, "when")?,
        failures: fields.failures,
    })
}

/// The field behind the last one of a file; nothing if there is no record.
pub(super) fn fresh(records: &[AutoProgram]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let texts = records
        .iter()
        .map(|record| object::in_one_line(&fields(record)));
    format!(",\n  \"auto_programs\": {}", list(texts.map(Cow::Owned), 4))
}

/// The records over what is written of them.
pub(super) fn splice(splice: &mut Splice<'_>, cluster: &Cluster) -> serde_json::Result<()> {
    let parts: AutoParts<'_> = serde_json::from_str(splice.text())?;
    match (parts.auto_programs, cluster.auto_programs()) {
        (None, []) => {}
        (None, records) => splice.insert_after(parts.version.get(), fresh(records)),
        (Some(written), []) => splice.remove_field(written.get()),
        (Some(written), records) => {
            splice.replace(written.get(), spliced(written.get(), records)?);
        }
    }
    Ok(())
}

/// A record that is as it was keeps its text, and a changed one what is not known of it.
fn spliced(old: &str, records: &[AutoProgram]) -> serde_json::Result<String> {
    let texts: Option<Vec<&RawValue>> = serde_json::from_str(old)?;
    let mut before = Vec::new();
    for text in texts.unwrap_or_default().into_iter().map(RawValue::get) {
        let found: Object<AutoFields<'_>> = serde_json::from_str(text)?;
        before.extend(one(found.value).ok().map(|record| (record, text)));
    }
    let text = |record: &AutoProgram| match before.iter().find(|(was, _)| was.task == record.task) {
        Some((was, text)) if was == record => Ok(Cow::Borrowed(*text)),
        Some((was, text)) => object::merged(text, &fields(was), &fields(record), 6).map(Cow::Owned),
        None => Ok(Cow::Owned(object::in_one_line(&fields(record)))),
    };
    let texts: Vec<_> = records
        .iter()
        .map(text)
        .collect::<serde_json::Result<_>>()?;
    Ok(list(texts.into_iter(), 4))
}

fn fields(record: &AutoProgram) -> [Field; 4] {
    let end = match record.end {
        AutoEnd::Done => "done",
        AutoEnd::Stopped => "stopped",
        AutoEnd::Lost => "lost",
        AutoEnd::Failed => "failed",
        AutoEnd::Other => "other",
    };
    [
        ("task_id", Some(name_json(&record.task))),
        ("end", Some(json(end))),
        ("when", Some(exact_time(record.when))),
        (
            "failures",
            (record.failures > 0).then(|| record.failures.to_string()),
        ),
    ]
}
