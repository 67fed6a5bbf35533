//! `--man`: the manual page, from the same declarations as `--help`.

use super::args::AFTER_HELP;
use super::asked::command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io::Write;

/// What stands behind the flags in the help, paragraph by paragraph, has its own sections here. Those
/// with a heading there are tables.
const SECTIONS: [&str; 3] = ["EXAMPLES", "EXIT STATUS", "CONFIGURATION"];
const _: () = assert!(paragraphs(AFTER_HELP) == SECTIONS.len());

const ENVIRONMENT: [(&str, &str); 6] = [
    (
        "GPUMGR_CONFIG",
        "The config file, where --config names none.",
    ),
    (
        "GPUMGR_SYSTEM_CONFIG",
        "Read in place of /etc/gpumgr/config.toml. If it is empty, the machine has no config.",
    ),
    (
        "LC_ALL, LC_MESSAGES, LANG",
        "The language of messages: the first of them that is set decides, where --lang does not.",
    ),
    (
        "NO_COLOR",
        "If it is set and not empty, there are no colours.",
    ),
    (
        "CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER",
        "Set for the command of --run, and printed by --export: the devices, counted as nvidia-smi \
         counts them.",
    ),
    (
        "GPUMGR_TASK_ID, GPUMGR_SERVER, GPUMGR_GPUS, GPUMGR_CPUS",
        "Likewise: the names, the devices and how many CPU cores.",
    ),
];

const FILES: [(&str, &str); 5] = [
    ("./config.toml", "The config of this folder."),
    ("~/.config/gpumgr/config.toml", "A user's config."),
    ("/etc/gpumgr/config.toml", "The config of the machine."),
    (
        "resource_status.json",
        "The state, beside the config unless that says otherwise; .resource.lock beside it is its lock.",
    ),
    (
        "gpu_manager.log",
        "The log of all changes, beside the state.",
    ),
];

pub(crate) fn man() -> String {
    let mut page = Vec::new();
    // Bytes in memory are always written.
    let _ = render(&mut page);
    String::from_utf8_lossy(&page).into_owned()
}

fn render(page: &mut Vec<u8>) -> std::io::Result<()> {
    // clap_mangen leaves out an empty date, and what follows it moves up.
    let version = env!("CARGO_PKG_VERSION");
    writeln!(
        page,
        r#".TH gpumgr 1 "" "gpumgr {version}" "User Commands""#
    )?;
    let man = Man::new(command());
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    let mut rest = Roff::new();
    for (title, paragraph) in SECTIONS.iter().zip(AFTER_HELP.split("\n\n")) {
        rest.control("SH", [*title]);
        match paragraph.split_once(":\n") {
            Some((_heading, table)) => as_it_stands(&mut rest, table),
            None => {
                rest.text([roman(paragraph)]);
            }
        }
    }
    listed(&mut rest, "ENVIRONMENT", &ENVIRONMENT);
    listed(&mut rest, "FILES", &FILES);
    rest.control("SH", ["SEE ALSO"]);
    rest.text([
        bold("nvidia-smi"),
        roman("(1), "),
        bold("flock"),
        roman("(1)"),
    ]);
    rest.to_writer(page)
}

const fn paragraphs(text: &str) -> usize {
    let text = text.as_bytes();
    let mut count = 1;
    let mut at = 1;
    while at < text.len() {
        if text[at - 1] == b'\n' && text[at] == b'\n' {
            count += 1;
        }
        at += 1;
    }
    count
}

fn as_it_stands(page: &mut Roff, table: &str) {
    page.control("nf", []);
    for line in table.lines() {
        page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    page.control("fi", []);
}

fn listed(page: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    page.control("SH", [title]);
    for (name, what) in entries {
        page.control("TP", []);
        page.text([bold(*name)]);
        page.text([roman(*what)]);
    }
}
