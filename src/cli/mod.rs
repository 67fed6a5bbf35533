//! What can be typed: clap's types, and what clap cannot say about them.

mod args;
mod grammar;

pub(crate) use args::{Language, Shell};
pub(crate) use grammar::{Action, Invocation, Output, parse, wants_json};
