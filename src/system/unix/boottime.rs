//! The clock that the starts of processes are counted by, which a time namespace moves.
//!
//! `/proc` shows starts as the reader's time namespace counts them (`unshare --time`, containers by
//! runc 1.2, restored ones by CRIU). gpumgr stores and compares them as the initial namespace does.

use nix::unistd::{SysconfVar, sysconf};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

/// The initial time namespace, as Linux numbers it.
const INITIAL_NAMESPACE: u64 = 0xEFFF_FFFA;

const SECOND: i64 = 1_000_000_000;

/// By how many ticks the starts that this process sees are moved; `None` if the system does not tell.
pub(super) fn offset() -> Option<i64> {
    static KNOWN: OnceLock<i64> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        return Some(*known);
    }
    let offset = find_offset()?;
    Some(*KNOWN.get_or_init(|| offset))
}

/// The same as a process sees it that this one forks: an `unshare` may have moved those alone.
pub(super) fn offset_of_children() -> Option<i64> {
    match fs::read_to_string("/proc/self/timens_offsets") {
        Ok(text) => parse(&text, ticks_per_second()?),
        // A system without time namespaces.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(0),
        Err(_) => None,
    }
}

pub(super) fn ticks_per_second() -> Option<i64> {
    sysconf(SysconfVar::CLK_TCK).ok()?
}

/// The start that the initial namespace counts, of one that is shown to whom that offset moves; 0, as one
/// that is not known, without the offset.
pub(super) fn normal(shown: u64, offset: Option<i64>) -> u64 {
    let moved = |offset: i64| i128::from(shown) - i128::from(offset);
    offset.map_or(0, |offset| u64::try_from(moved(offset)).unwrap_or(0))
}

fn find_offset() -> Option<i64> {
    let own = match fs::metadata("/proc/self/ns/time") {
        Ok(own) => own.ino(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(0),
        Err(_) => return None,
    };
    if own == INITIAL_NAMESPACE {
        return Some(0);
    }
    // The offsets that can be read are those of the namespace that children get.
    let of_children = fs::metadata("/proc/self/ns/time_for_children").ok()?;
    (of_children.ino() == own)
        .then(offset_of_children)
        .flatten()
}

/// The line `boottime SECONDS NANOSECONDS`, in whole ticks.
fn parse(offsets: &str, ticks_per_second: i64) -> Option<i64> {
    let mut words = offsets
        .lines()
        .find_map(|line| line.strip_prefix("boottime"))?
        .split_whitespace();
    let seconds: i64 = words.next()?.parse().ok()?;
    let nanoseconds: i64 = words.next()?.parse().ok()?;
    let part = nanoseconds.checked_mul(ticks_per_second)?;
    seconds
        .checked_mul(ticks_per_second)?
        .checked_add(part.div_euclid(SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_is_read_in_whole_ticks() {
        let read = |line: &str| parse(&format!("monotonic           7         0\n{line}\n"), 100);
        assert_eq!(read("boottime            0         0"), Some(0));
        assert_eq!(read("boottime       100000         0"), Some(10_000_000));
        assert_eq!(read("boottime           -2 509999999"), Some(-150));
        for bad in [
            "",
            "boottime",
            "boottime 1",
            "boottime x 0",
            "boottime 9223372036854775807 0",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn start_is_counted_as_outside_of_time_namespaces() {
        assert_eq!(normal(10_233_521, Some(10_000_000)), 233_521);
        assert_eq!(normal(5, Some(-10)), 15);
        assert_eq!(normal(5, Some(10)), 0);
        assert_eq!(normal(5, None), 0);
    }
}
