//! What can be typed: clap's types, and what clap cannot say about them.

mod args;
mod grammar;
mod man;
mod run;
mod values;

pub(crate) use grammar::{
    Action, Asked, Filter, Invocation, Output, Run, command, parse, wants_json, wants_run,
};
pub(crate) use man::man;
pub use values::Shell;
pub(crate) use values::{CompletedShell, Language};
