//! The pure library, used alone: what each rule means by example, and all of them together
//! against a plain model under random sequences of operations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod caps;
mod examples;
mod gpus;
mod line;
mod model;
mod order;
mod properties;
mod scaling;
mod steps;
mod support;
