//! The names of machines.

/// Whether two names are one machine's: with or without its domain, in capitals or not.
pub fn same_host(one: &str, other: &str) -> bool {
    let short = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let both_long = one.contains('.') && other.contains('.');
    if both_long {
        one.eq_ignore_ascii_case(other)
    } else {
        short(one) == short(other)
    }
}
