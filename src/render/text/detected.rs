//! `--detect`: a config.

use super::Style;
use super::gpus::unreadable;
use crate::allocator::{PerGpu, ServerSpec};
use crate::outcome::Detected;
use crate::render::messages::{Key, Messages, key, quoted, text};
use bytesize::{ByteSize, MIB};

pub(super) fn detected(detected: &Detected, style: &Style) -> String {
    let messages = style.messages();
    let ServerSpec {
        name,
        gpus,
        cpus,
        drain: _,
        host,
        cards,
    } = &detected.server;
    let comment = |key: Key| format!("# {}\n", messages.plain(key));
    let host = host.as_deref().unwrap_or_default();
    let mut text = comment(key!("detect-head"));
    text += &comment(key!("detect-keys"));
    text += "\n[[server]]\n";
    text += &format!("name = {}\n", quoted(name.as_str()));
    text += &comment(key!("detect-host"));
    text += &format!("host = {}\n", quoted(host));
    text += &format!("gpus = {gpus}\n");
    text += &comment(key!("detect-cpus"));
    text += &format!("cpus = {cpus}\n");
    for (gpu, why) in &detected.unreadable {
        text += &format!(
            "# {}\n",
            text!(
                messages,
                "detect-unreadable",
                gpu = *gpu,
                why = unreadable(why, messages)
            )
        );
    }
    if let Some(models) = &cards.models {
        let models = each(models, |model| quoted(model));
        text += &format!("gpu_model = {models}\n");
    }
    if let Some(memory) = &cards.memory {
        text += &format!("gpu_memory = {}\n", each(memory, mib));
    }
    if !cards.uuids.is_empty() {
        text += &comment(key!("detect-uuids"));
        text += &format!("gpu_uuids = [\n{}]\n", uuids(&cards.uuids, messages));
    }
    text
}

fn mib(size: &ByteSize) -> String {
    quoted(&format!("{}MiB", size.as_u64() / MIB))
}

fn each<T>(values: &PerGpu<T>, written: impl Fn(&T) -> String) -> String {
    match values {
        PerGpu::All(value) => written(value),
        PerGpu::List(values) => {
            let values: Vec<_> = values.iter().map(written).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

fn uuids(uuids: &[String], messages: &Messages) -> String {
    let line = |(gpu, uuid): (usize, &String)| {
        let gpu = text!(messages, "detect-gpu", gpu = gpu);
        format!("    {}, # {gpu}\n", quoted(uuid))
    };
    uuids.iter().enumerate().map(line).collect()
}
