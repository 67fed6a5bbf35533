//! A program that does nothing: the least that starting one costs.

fn main() {}
