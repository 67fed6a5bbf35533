//! One file a rule.

mod allocate;
mod caps;
mod check;
mod explain;
pub(crate) mod gpus;
mod lapse;
mod name;
mod order;
mod programs;
mod queue;
mod reconcile;
mod release;
mod renew;
mod request;
mod reset;
mod resolve;
mod scale;
mod spec;
mod steps;
