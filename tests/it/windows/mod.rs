//! What only Windows has: files that cannot be replaced or deleted while somebody has them open, jobs,
//! consoles, its shells, its paths.

pub(crate) mod console;
mod files;
mod paths;
mod programs;
mod run;
mod shells;
