//! The flags as typed.

use super::values::{CompletedShell, Language, Shell, duration, interval, ttl};
use crate::allocator::Name;
use bytesize::ByteSize;
use chrono::TimeDelta;
use clap::{ArgAction, ArgGroup, Parser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const AFTER_HELP: &str = "\
Examples:
  gpumgr --status                     what is free
  gpumgr --allocate train 4 32        4 GPUs and 32 CPUs for a task named train
  gpumgr --allocate train             1 GPU and its share of the CPUs
  gpumgr --release train              gives them back
  gpumgr --run train 4 32 -- python train.py
                                      allocates, runs, gives back however it ends
  gpumgr --run --wait -- make test    waits in the queue until there is room
  gpumgr --queue                      who waits, and why
  gpumgr --start-program train        starts the config's program, and keeps it running
  gpumgr --monitor                    starts, grows and shrinks programs as GPUs fall free
  gpumgr --history train --since 2d   what happened to it
  gpumgr --detect > config.toml       describes this machine and its GPUs
  gpumgr --init                       after the config changed; tasks stay
  gpumgr --status --json | jq .totals
  eval \"$(gpumgr --allocate train 4 --export)\"
                                      sets CUDA_VISIBLE_DEVICES in this shell

Exit codes:
  0 done                   1 I/O, damaged or too new state
  2 usage, config, impossible request
  3 not enough free, over a user's limit
  4 lock not free in time  5 no such task
  6 task ID taken          7 another user's task
  --run: its command's own, or 128+N for signal N; 125 not started, 126 not
  executable, 127 not found

Without --config: $GPUMGR_CONFIG, ./config.toml, gpumgr/config.toml in your
config folder, $GPUMGR_SYSTEM_CONFIG or else /etc/gpumgr/config.toml; without
any, this machine's GPUs where there is an NVIDIA driver, else 4 servers of 8
GPUs and 64 CPUs each, with the state in the current folder.";

/// Share GPUs and CPU cores among people and jobs: ask for some, get the exact device IDs of the
/// first server with room, run, give them back.
#[derive(Parser, Debug)]
#[command(
    name = "gpumgr",
    version,
    after_help = AFTER_HELP,
    arg_required_else_help = true,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 100,
    override_usage = "gpumgr ACTION [MODIFIERS] [-- CMD...]",
    group = ArgGroup::new("action").required(true).multiple(false),
)]
pub(super) struct Args {
    /// Make the state file from the config; after the config changed, adapt it. No task is lost
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) init: bool,

    /// Show each server's free and total GPUs and CPUs
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) status: bool,

    /// Show free GPU IDs and every task, of one server (name or ID) or of all
    #[arg(long, value_name = "SERVER", num_args = 0..=1, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) detail: Option<Option<String>>,

    /// Give TASK that many GPUs (left out: 1) and CPUs (left out: its GPUs' share of the server) on
    /// the first server with room
    #[arg(
        long,
        num_args = 1..=3,
        value_names = ["TASK", "GPUS", "CPUS"],
        action = ArgAction::Set,
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) allocate: Option<Vec<String>>,

    /// Run CMD with a new allocation, which ends with it; without TASK, one is named after CMD
    #[arg(
        long,
        num_args = 0..=3,
        value_names = ["TASK", "GPUS", "CPUS"],
        action = ArgAction::Set,
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) run: Option<Vec<String>>,

    /// Let TASK end later: after --ttl from now, or as long as it was given before
    #[arg(
        long,
        value_name = "TASK",
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) renew: Option<Name>,

    /// Show who waits, for what, and why not yet
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) queue: bool,

    /// Take what waits as TASK out of the queue
    #[arg(
        long,
        value_name = "TASK",
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) cancel: Option<Name>,

    /// Give back everything TASK holds
    #[arg(
        long,
        value_name = "TASK",
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) release: Option<Name>,

    /// Forget all tasks and begin anew from the config; the old file is kept beside
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) reset: bool,

    /// Print a config that describes this machine and its GPUs
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) detect: bool,

    /// Make a task named TASK of the process --pid PID and the GPUs it computes on
    #[arg(
        long,
        value_name = "TASK",
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) adopt: Option<Name>,

    /// Start the program of [program_template] on what TASK holds, or on a new allocation; it is kept
    /// running, and what it holds is given back when it has ended
    #[arg(
        long,
        value_name = "TASK",
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) start_program: Option<Name>,

    /// End the program of TASK, and give back what it holds
    #[arg(
        long,
        value_name = "TASK",
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) stop_program: Option<Name>,

    /// Print what the program of TASK has written; with --follow, until it has ended
    #[arg(
        long,
        value_name = "TASK",
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) logs: Option<Name>,

    /// Stay, and every monitor_interval free what ended, grant the queue, start, grow and shrink
    /// programs, and tell who is to be told
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) monitor: bool,

    /// Show every change, the last one last, of TASK or of all
    #[arg(long, value_name = "TASK", num_args = 0..=1, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) history: Option<Option<Name>>,

    /// Sum up GPU-hours, tasks and waits, by user and by server
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) report: bool,

    /// Send a notification now, by mail and by command, and say what came of it
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) test_notification: bool,

    /// Say what the config means, or what is wrong with it and where; a JSON file of the manager
    /// guide's is printed as TOML
    #[arg(long, value_name = "PATH", num_args = 0..=1, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) check_config: Option<Option<PathBuf>>,

    /// Print what makes SHELL complete flags, tasks and servers; each script says where it goes
    #[arg(
        long,
        value_name = "SHELL",
        group = "action",
        help_heading = "Actions (exactly one)"
    )]
    pub(super) completions: Option<CompletedShell>,

    /// Print the manual page: gpumgr --man | man -l -
    #[arg(long, group = "action", help_heading = "Actions (exactly one)")]
    pub(super) man: bool,

    /// How many GPUs, instead of GPUS
    #[arg(
        long,
        value_name = "N",
        help_heading = "With --allocate, --run and --start-program"
    )]
    pub(super) gpus: Option<u32>,

    /// How many CPU cores, instead of CPUS
    #[arg(
        long,
        value_name = "N",
        help_heading = "With --allocate, --run and --start-program"
    )]
    pub(super) cpus: Option<u32>,

    /// Exactly these GPUs, on the first server where all are free: 1,3
    #[arg(
        long,
        value_name = "IDS",
        value_delimiter = ',',
        num_args = 1,
        action = ArgAction::Set,
        conflicts_with = "gpus",
        help_heading = "With --allocate, --run and --start-program"
    )]
    pub(super) gpu_ids: Option<Vec<u16>>,

    /// Only GPUs whose model contains TEXT: A100
    #[arg(
        long,
        value_name = "TEXT",
        value_parser = clap::builder::NonEmptyStringValueParser::new(),
        help_heading = "With --allocate, --run and --start-program"
    )]
    pub(super) gpu_model: Option<String>,

    /// Only GPUs with that much memory or more: 40GiB, 80GB
    #[arg(
        long,
        value_name = "SIZE",
        help_heading = "With --allocate, --run and --start-program"
    )]
    pub(super) gpu_memory: Option<ByteSize>,

    /// Try this server first, then the others in order
    #[arg(
        long,
        value_name = "ID|NAME",
        help_heading = "With --allocate, --run and --start-program"
    )]
    pub(super) prefer_server: Option<String>,

    /// Wait in the queue until there is room, but not longer than DURATION (left out: for ever)
    #[arg(long, value_name = "DURATION", num_args = 0..=1, value_parser = duration, help_heading = "With --allocate, --run and --start-program")]
    pub(super) wait: Option<Option<Duration>>,

    /// The allocation lapses after that time (90s, 8h, 2d); a command is ended then. Also with
    /// --renew
    #[arg(long, value_name = "DURATION", value_parser = ttl, help_heading = "With --allocate, --run and --start-program")]
    pub(super) ttl: Option<TimeDelta>,

    /// With --allocate and --adopt: the allocation ends with this process (a notebook; $$ for this
    /// shell)
    #[arg(
        long,
        value_name = "PID",
        help_heading = "With --allocate, --run and --start-program"
    )]
    pub(super) pid: Option<u32>,

    /// With --allocate: print only the lines that set the variables, for this shell (left out: sh, also for bash
    /// and zsh)
    #[arg(
        long,
        value_name = "SHELL",
        num_args = 0..=1,
        default_missing_value = "sh",
        conflicts_with = "json",
        help_heading = "With --allocate, --run and --start-program"
    )]
    pub(super) export: Option<Shell>,

    /// With --status and --detail: show it anew every SECONDS (left out: 2), until Ctrl-C
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "2",
        value_parser = interval,
        conflicts_with = "json",
        help_heading = "Modifiers"
    )]
    pub(super) watch: Option<Duration>,

    /// With --logs: go on printing until the program has ended
    #[arg(long, conflicts_with = "json", help_heading = "Modifiers")]
    pub(super) follow: bool,

    /// With --history and --report: only the last DURATION
    #[arg(long, value_name = "DURATION", value_parser = ttl, help_heading = "Modifiers")]
    pub(super) since: Option<TimeDelta>,

    /// With --history: only what USER did, or was done to their tasks
    #[arg(long, value_name = "USER", help_heading = "Modifiers")]
    pub(super) user: Option<String>,

    /// Print exactly one JSON document, also on failure
    #[arg(long, help_heading = "Modifiers")]
    pub(super) json: bool,

    /// The config file
    #[arg(long, value_name = "PATH", help_heading = "Modifiers")]
    pub(super) config: Option<PathBuf>,

    /// The state file, whatever the config says
    #[arg(long, value_name = "PATH", help_heading = "Modifiers")]
    pub(super) state: Option<PathBuf>,

    /// The language; else LC_ALL, LC_MESSAGES or LANG decides
    #[arg(long, value_name = "LANG", help_heading = "Modifiers")]
    pub(super) lang: Option<Language>,

    /// Ask nothing
    #[arg(long, help_heading = "Modifiers")]
    pub(super) yes: bool,

    /// Act on other users' tasks, too
    #[arg(long, help_heading = "Modifiers")]
    pub(super) force: bool,

    /// Print no hints, neither with results nor with errors
    #[arg(long, help_heading = "Modifiers")]
    pub(super) quiet: bool,

    /// What --run runs, after --
    #[arg(value_name = "CMD", last = true, num_args = 1.., hide = true)]
    pub(super) command: Vec<OsString>,

    /// Print this help
    #[arg(short, long, action = ArgAction::Help, help_heading = "Modifiers")]
    help: Option<bool>,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = "Modifiers")]
    version: Option<bool>,
}
