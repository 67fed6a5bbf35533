//! One file a rule.

mod allocate;
mod check;
mod name;
mod reconcile;
mod release;
mod request;
mod reset;
mod scale;
mod spec;
