//! What can be typed: clap's types, and what clap cannot say about them.

mod args;
mod asked;
mod grammar;
mod man;
mod run;
mod values;

pub(crate) use asked::{Asked, Run, command, wants_run};
pub(crate) use grammar::{Action, Filter, Invocation, Output, parse, wants_json};
pub(crate) use man::man;
pub use values::Shell;
pub(crate) use values::{CompletedShell, Language};
