//! One command against the floor, in turn.

use crate::lab::{build_example, median, ms, ratio, time};
use crate::{Lab, Result, row};
use fs4::FileExt;
use gpumgr::allocator::{ClusterSpec, Cpus, Gpus, Limits, Request, Timestamp, allocate};
use gpumgr::store::{FileStore, IfAbsent, StoreError};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

const PAIRS: usize = 200;
const LARGE_PAIRS: usize = 30;

pub(crate) fn default_size(floor: &Path) -> Result<()> {
    let lab = Lab::new()?;
    time(lab.gpumgr(&["--init"]))?;
    let (ours, floors) = allocate_pairs(&lab, floor, PAIRS)?;
    let measured = format!("{:.2} ({} / {})", ratio(ours, floors), ms(ours), ms(floors));
    row(
        "one `--allocate`, default size / floor (median of 200 pairs)",
        &measured,
        "≤ 1.25",
    );
    Ok(())
}

pub(crate) fn ten_megabytes(floor: &Path) -> Result<()> {
    let lab = Lab::new()?;
    write_large_state(&lab)?;
    let size = fs::metadata(lab.state())?.len() >> 20;
    let (ours, floors) = allocate_pairs(&lab, floor, LARGE_PAIRS)?;
    let measured = format!(
        "{:.2} ({} / {}, {size} MiB)",
        ratio(ours, floors),
        ms(ours),
        ms(floors)
    );
    row(
        "one `--allocate`, 10,000 servers and 27,000 tasks / floor on the same bytes",
        &measured,
        "≤ 2",
    );
    Ok(())
}

/// The median allocation and the median floor. Each allocation is given back, off the clock.
fn allocate_pairs(lab: &Lab, floor: &Path, pairs: usize) -> Result<(Duration, Duration)> {
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        floors.push(time(lab.floor(floor))?);
        ours.push(time(lab.gpumgr(&["--allocate", "bench", "1", "1"]))?);
        time(lab.gpumgr(&["--release", "bench"]))?;
    }
    Ok((median(&mut ours), median(&mut floors)))
}

fn write_large_state(lab: &Lab) -> Result<()> {
    let now: Timestamp = "2026-01-31T09:00:00+00:00".parse()?;
    let store = FileStore::new(&lab.state(), Duration::from_secs(60))?;
    let spec = ClusterSpec::equal(10_000, 8, 64)?;
    store.update(IfAbsent::Create(spec), now, move |cluster| {
        for task in 0..27_000 {
            let Ok(name) = format!("training_run_{task}").parse() else {
                continue;
            };
            let request = Request::new(name, Gpus::Count(1 + task % 4), Cpus::PerGpu)
                .owned_by(Some("alice".to_owned()));
            let request = request.prefer((task % 10_000).to_string());
            let _ = allocate(cluster, &request, &Limits::default(), now);
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

pub(crate) fn status_while_locked() -> Result<()> {
    let lab = Lab::new()?;
    time(lab.gpumgr(&["--init"]))?;
    let locks = [
        File::open(lab.path())?,
        File::open(lab.path().join(".resource.lock"))?,
    ];
    let (mut free, mut held) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        free.push(time(lab.gpumgr(&["--status"]))?);
        for lock in &locks {
            FileExt::lock(lock)?;
        }
        held.push(time(lab.gpumgr(&["--status"]))?);
        for lock in &locks {
            FileExt::unlock(lock)?;
        }
    }
    let (free, held) = (median(&mut free), median(&mut held));
    let measured = format!("{:.2} ({} / {})", ratio(held, free), ms(held), ms(free));
    row(
        "`--status` while another process holds the lock / while nobody does",
        &measured,
        "not delayed",
    );
    Ok(())
}

pub(crate) fn status_json() -> Result<()> {
    let lab = Lab::new()?;
    write_large_state(&lab)?;
    let (mut ours, mut read) = (Vec::new(), Vec::new());
    for _ in 0..LARGE_PAIRS {
        let began = Instant::now();
        fs::read(lab.state())?;
        read.push(began.elapsed());
        ours.push(time(lab.gpumgr(&["--status", "--json"]))?);
    }
    let (ours, read) = (median(&mut ours), median(&mut read));
    let measured = format!("{:.1} ({} / {})", ratio(ours, read), ms(ours), ms(read));
    row(
        "`--status --json` of 10,000 servers and 27,000 tasks / reading the file",
        &measured,
        "≤ 8",
    );
    Ok(())
}

pub(crate) fn version() -> Result<()> {
    let lab = Lab::new()?;
    let empty = build_example("empty")?;
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        floors.push(time(lab.floor(&empty))?);
        ours.push(time(lab.gpumgr(&["--version"]))?);
    }
    let (ours, floors) = (median(&mut ours), median(&mut floors));
    let measured = format!("{:.2} ({} / {})", ratio(ours, floors), ms(ours), ms(floors));
    row(
        "`--version` / a program that does nothing",
        &measured,
        "≤ 1.15",
    );
    Ok(())
}
