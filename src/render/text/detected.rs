//! `--detect`: a config.

use super::Style;
use super::gpus::unreadable;
use crate::allocator::{Each, ServerSpec};
use crate::outcome::Detected;
use crate::render::words::{Words, quoted};
use bytesize::{ByteSize, MIB};

pub(super) fn detected(detected: &Detected, style: &Style) -> String {
    let words = style.results();
    let ServerSpec {
        name,
        gpus,
        cpus,
        drain: _,
        host,
        cards,
    } = &detected.server;
    let comment = |key: &str| format!("# {}\n", words.text(key));
    let host = host.as_deref().unwrap_or_default();
    let mut text = comment("detect-head");
    text += &comment("detect-keys");
    text += "\n[[server]]\n";
    text += &format!("name = {}\n", quoted(name.as_str()));
    text += &comment("detect-host");
    text += &format!("host = {}\n", quoted(host));
    text += &format!("gpus = {gpus}\n");
    text += &comment("detect-cpus");
    text += &format!("cpus = {cpus}\n");
    for (gpu, why) in &detected.unreadable {
        let values = [
            ("gpu", (*gpu).into()),
            ("why", unreadable(why, words).into()),
        ];
        text += &format!("# {}\n", words.say("detect-unreadable", values));
    }
    if let Some(models) = &cards.models {
        let models = each(models, |model| quoted(model));
        text += &format!("gpu_model = {models}\n");
    }
    if let Some(memory) = &cards.memory {
        text += &format!("gpu_memory = {}\n", each(memory, mib));
    }
    if !cards.uuids.is_empty() {
        text += &comment("detect-uuids");
        text += &format!("gpu_uuids = [\n{}]\n", uuids(&cards.uuids, words));
    }
    text
}

fn mib(size: &ByteSize) -> String {
    quoted(&format!("{}MiB", size.as_u64() / MIB))
}

fn each<T>(values: &Each<T>, written: impl Fn(&T) -> String) -> String {
    match values {
        Each::All(value) => written(value),
        Each::List(values) => {
            let values: Vec<_> = values.iter().map(written).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

fn uuids(uuids: &[String], words: &Words) -> String {
    let line = |(gpu, uuid): (usize, &String)| {
        let gpu = words.say("detect-gpu", [("gpu", gpu.into())]);
        format!("    {}, # {gpu}\n", quoted(uuid))
    };
    uuids.iter().enumerate().map(line).collect()
}
