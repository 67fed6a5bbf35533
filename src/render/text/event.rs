//! One line of the log, for whoever looks on while it is written.

use super::{gpu_list, time};
use crate::journal::Event;
use crate::render::Style;
use crate::render::words::printable;

pub(crate) fn event(event: &Event, _style: &Style) -> String {
    let parts = [
        Some(time(event.time)),
        Some(format!("{:?}", event.action)),
        event.task.clone(),
        event.server.clone(),
        event.gpus.as_deref().map(gpu_list),
        event.why.clone(),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    printable(&parts.join("  ")) + "\n"
}
