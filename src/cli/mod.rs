//! What can be typed: clap's types, and what clap cannot say about them.

mod args;
mod grammar;
mod run;

pub(crate) use args::Language;
pub use args::Shell;
pub(crate) use grammar::{
    Action, Asked, Filter, Invocation, Output, Run, parse, wants_json, wants_run,
};
