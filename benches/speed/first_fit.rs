//! First fit itself, in memory.

use crate::lab::median;
use crate::{Result, row};
use gpumgr::allocator::{Cluster, ClusterSpec, Cpus, Demand, Gpus, first_fit};
use std::hint::black_box;
use std::time::{Duration, Instant};

pub(crate) fn in_memory() -> Result<()> {
    let (small, large) = (search(10_000)?, search(100_000)?);
    let micros = |time: Duration| format!("{} µs", time.as_micros());
    let measured = format!("{} ({} for 10,000)", micros(large), micros(small));
    row(
        "first fit on 100,000 servers of which none has room",
        &measured,
        "< 1 ms, linear",
    );
    Ok(())
}

/// The whole search: all servers are looked at, and none fits.
fn search(servers: usize) -> Result<Duration> {
    let cluster = Cluster::fresh(&ClusterSpec::equal(servers, 8, 64)?);
    let demand = Demand::new(Gpus::Count(9), Cpus::PerGpu);
    let mut times: Vec<_> = (0..101)
        .map(|_| {
            let start = Instant::now();
            black_box(first_fit(cluster.servers(), black_box(&demand), None));
            start.elapsed()
        })
        .collect();
    Ok(median(&mut times))
}
