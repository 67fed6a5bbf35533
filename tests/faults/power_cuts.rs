//! The power is cut at any moment: the state file is whole, and no acknowledged change is missing.

use crate::disk::{self, Disk, FileSystem};
use crate::life::{Hand, Life, Moment};
use crate::support::{Lab, measured, skipped};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// `GPUMGR_CUTS` says how many there are of each kind on each file system.
const CUTS: usize = 4;
/// The state goes on for so many cuts before it begins anew.
const A_LIFE: usize = 20;

/// What a disk does with what was sent to it and not flushed yet.
#[derive(Clone, Copy, Debug)]
enum Cache {
    /// It keeps all, in order: a copy of the image, as of one instant.
    Kept,
    /// It loses it, but for what was written by chance: the file system under the image is shut down.
    Lost,
}

#[test]
fn no_acknowledged_change_is_lost_by_a_power_cut_on_ext4() {
    cut_often(FileSystem::Ext4);
}

#[test]
fn no_acknowledged_change_is_lost_by_a_power_cut_on_xfs() {
    cut_often(FileSystem::Xfs);
}

#[test]
fn no_acknowledged_change_is_lost_by_a_power_cut_on_btrfs() {
    cut_often(FileSystem::Btrfs);
}

fn cut_often(file_system: FileSystem) {
    if let Some(why) = disk::obstacle(file_system) {
        skipped(&format!("nothing can be mounted here: {why}"));
        return;
    }
    let cuts = std::env::var("GPUMGR_CUTS").ok();
    let cuts = cuts.map_or(CUTS, |cuts| cuts.parse().unwrap());
    let lab = Lab::new();
    let mut disk = Disk::new(lab.path(), file_system);
    for cache in [Cache::Kept, Cache::Lost] {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut lose = |hand, cuts| lose(&lab, &mut disk, cache, hand, cuts, &mut random);
        let (lost, acknowledged) = lose(Hand::Gpumgr, cuts);
        // Else this test would show nothing.
        let controls = [Hand::FlushingNothing, Hand::FlushingNoFolder];
        let caught = controls.map(|hand| lose(hand, cuts.min(A_LIFE)).0.len());
        measured(&format!(
            "{file_system:?}, what is not flushed is {cache:?}: {cuts} cuts, {acknowledged} changes acknowledged before them, {} wrong; without any flush {} of {}, without the folder's {} of {}",
            lost.len(),
            caught[0],
            cuts.min(A_LIFE),
            caught[1],
            cuts.min(A_LIFE),
        ));
        assert!(
            lost.is_empty(),
            "{file_system:?}, {cache:?}:\n{}",
            lost.join("\n")
        );
        assert_ne!(
            caught[0], 0,
            "{file_system:?}, {cache:?}: a writer that never flushes"
        );
    }
}

/// What was wrong after each cut where something was, and how many changes were acknowledged before.
fn lose(
    lab: &Lab,
    disk: &mut Disk,
    cache: Cache,
    hand: Hand,
    cuts: usize,
    random: &mut Random,
) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut acknowledged = 0;
    let mut made = 0;
    while made < cuts {
        let (seen, moment) = match cache {
            Cache::Kept => snapshots(lab, disk, hand, A_LIFE.min(cuts - made), random),
            Cache::Lost => one_cut(lab, disk, hand, random),
        };
        made += seen.len();
        wrong.extend(seen.into_iter().flatten());
        acknowledged += moment.acknowledged.iter().sum::<usize>();
    }
    (wrong, acknowledged)
}

/// What was wrong after each of so many cuts in one life, and the moment of the last.
fn snapshots(
    lab: &Lab,
    disk: &mut Disk,
    hand: Hand,
    cuts: usize,
    random: &mut Random,
) -> (Vec<Option<String>>, Moment) {
    disk.renew();
    let life = Life::new(lab, &disk.live(), hand);
    let names: Vec<_> = (0..cuts).map(|cut| format!("cut-{cut}.img")).collect();
    let moments: Vec<_> = life.during(|| {
        let cut = |name: &String| {
            thread::sleep(random.below(240));
            let acknowledged = life.acknowledged();
            disk.snapshot(name);
            Moment {
                acknowledged,
                begun: life.begun(),
            }
        };
        names.iter().map(cut).collect()
    });
    assert_eq!(life.failure(), None);
    disk.stop();
    let look =
        |(name, moment): (&String, &Moment)| disk.look_at(name, |copy| wrong(&life, copy, moment));
    let last = *moments.last().unwrap();
    (names.iter().zip(&moments).map(look).collect(), last)
}

/// The same of one cut, which ends the life.
fn one_cut(
    lab: &Lab,
    disk: &mut Disk,
    hand: Hand,
    random: &mut Random,
) -> (Vec<Option<String>>, Moment) {
    disk.renew();
    let life = Life::new(lab, &disk.live(), hand);
    let acknowledged = life.during(|| {
        thread::sleep(Duration::from_millis(200) + random.below(500));
        let acknowledged = life.acknowledged();
        assert_eq!(life.failure(), None);
        disk.cut();
        acknowledged
    });
    let moment = Moment {
        acknowledged,
        begun: life.begun(),
    };
    disk.restart();
    (vec![wrong(&life, &disk.live(), &moment)], moment)
}

/// What is wrong in that folder after a cut at that moment.
fn wrong(life: &Life<'_>, folder: &Path, moment: &Moment) -> Option<String> {
    if let Err(missing) = life.missing(folder, moment) {
        return Some(missing);
    }
    // A control leaves litter of its own.
    if life.hand() != Hand::Gpumgr {
        return None;
    }
    forget_this_start(&folder.join("resource_status.json"));
    let next = life.gpumgr(folder, &["--allocate", "next", "1", "1"]);
    if next.code != 0 {
        return Some(format!("the next command: {next:?}"));
    }
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut litter = names.filter(|name| {
        name.starts_with(".gpumgr-") || name.contains(".lease-") || name.contains(".wake-")
    });
    litter.next().map(|name| format!("{name} stays"))
}

/// After a power cut the machine is another start of itself; here it went on.
fn forget_this_start(state: &Path) {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let text = fs::read_to_string(state).unwrap();
    fs::write(state, text.replace(boot.trim(), "another-start")).unwrap();
}

/// Xorshift: any spread of moments does.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Any spread does.
    pub(crate) fn below(&mut self, milliseconds: u64) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(self.0 % (milliseconds * 1000))
    }
}
