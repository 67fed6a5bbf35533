//! A disk whose power can be cut: an image, on a file system that copies it as of one instant and that
//! can be made to forget what it was not told to keep.

use nix::sched::{CloneFlags, unshare};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

/// What is on the disk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileSystem {
    Ext4,
    Xfs,
    Btrfs,
}

/// As large as the file system below may need to be; what is not written takes no room.
const OUTER_BYTES: u64 = 4 << 30;
const FRESH: &str = "fresh.img";
const LIVE: &str = "live.img";

impl FileSystem {
    fn make(self, image: &Path) -> Result<(), String> {
        // Hardly more than each wants at least.
        let (program, megabytes) = match self {
            Self::Ext4 => ("mkfs.ext4", 64),
            Self::Xfs => ("mkfs.xfs", 300),
            Self::Btrfs => ("mkfs.btrfs", 128),
        };
        File::create(image)
            .unwrap()
            .set_len(megabytes << 20)
            .unwrap();
        tried(Command::new(program).arg("-q").arg(image))
    }
}

/// The disk, and the folder where it is mounted while there is power.
pub(crate) struct Disk {
    folder: PathBuf,
    outer: Option<Mounted>,
    live: Option<Mounted>,
}

/// A file system in use, till this is dropped.
struct Mounted(PathBuf);

/// Why this file system cannot be mounted here, if so. Otherwise what this thread mounts from now on is
/// gone with it, however it ends.
pub(crate) fn obstacle(file_system: FileSystem) -> Option<String> {
    if let Err(error) = unshare(CloneFlags::CLONE_NEWNS) {
        return Some(format!("no mounts of one's own: {error}"));
    }
    let folder = tempfile::tempdir().unwrap();
    let mounts = |file_system: FileSystem| {
        let image = folder.path().join("image");
        file_system.make(&image)?;
        let mounted = mount(&image, folder.path())?;
        drop(mounted);
        fs::remove_file(image).map_err(|error| error.to_string())
    };
    let can = tried(Command::new("mount").args(["--make-rprivate", "/"]));
    let can = can.and_then(|()| tried(Command::new("xfs_io").arg("-V")));
    let can = can.and_then(|()| mounts(FileSystem::Xfs));
    can.and_then(|()| mounts(file_system)).err()
}

impl Disk {
    /// An empty disk, in this folder.
    pub(crate) fn new(folder: &Path, file_system: FileSystem) -> Self {
        let folder = folder.to_owned();
        for name in ["outer", "live", "copy"] {
            fs::create_dir(folder.join(name)).unwrap();
        }
        let outer = folder.join("outer.img");
        File::create(&outer).unwrap().set_len(OUTER_BYTES).unwrap();
        ran(Command::new("mkfs.xfs")
            .args(["-q", "-m", "reflink=1"])
            .arg(&outer));
        let mut disk = Self {
            folder,
            outer: None,
            live: None,
        };
        disk.start_outer();
        file_system.make(&disk.image(FRESH)).unwrap();
        disk
    }

    /// Where it is mounted.
    pub(crate) fn live(&self) -> PathBuf {
        self.folder.join("live")
    }

    /// Begins anew, empty, with power.
    pub(crate) fn renew(&mut self) {
        self.live = None;
        self.copy(FRESH, LIVE);
        ran(Command::new("sync")
            .arg("--file-system")
            .arg(self.image(LIVE)));
        self.live = Some(self.mount(LIVE, "live"));
    }

    /// Copies it as it is at one instant: whatever was sent to it until then is there, and nothing else.
    pub(crate) fn snapshot(&self, name: &str) {
        self.copy(LIVE, name);
    }

    /// Looks at such a copy, as a machine does that starts again.
    pub(crate) fn look_at<R>(&self, name: &str, look: impl FnOnce(&Path) -> R) -> R {
        let copy = self.mount(name, "copy");
        let seen = look(&copy.0);
        drop(copy);
        fs::remove_file(self.image(name)).unwrap();
        seen
    }

    /// From now on nothing is written any more, and what was sent but not flushed is lost, but for what
    /// was written by chance.
    pub(crate) fn cut(&self) {
        let outer = self.folder.join("outer");
        ran(Command::new("xfs_io")
            .args(["-x", "-c", "shutdown"])
            .arg(outer));
    }

    /// Unmounts what is there.
    pub(crate) fn stop(&mut self) {
        self.live = None;
    }

    /// Starts again after a cut.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.outer = None;
        self.start_outer();
        self.live = Some(self.mount(LIVE, "live"));
    }

    fn start_outer(&mut self) {
        let outer = self.folder.join("outer.img");
        self.outer = Some(mount(&outer, &self.folder.join("outer")).unwrap());
    }

    fn image(&self, name: &str) -> PathBuf {
        self.folder.join("outer").join(name)
    }

    /// One call of the system, FICLONE, under the lock of the file that is copied.
    fn copy(&self, from: &str, to: &str) {
        let mut copy = Command::new("cp");
        copy.arg("--reflink=always").arg(self.image(from));
        ran(copy.arg(self.image(to)));
    }

    fn mount(&self, name: &str, at: &str) -> Mounted {
        mount(&self.image(name), &self.folder.join(at)).unwrap()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What is above goes first.
        self.live = None;
        self.outer = None;
    }
}

fn mount(image: &Path, at: &Path) -> Result<Mounted, String> {
    let mut mount = Command::new("mount");
    tried(mount.args(["-o", "loop"]).arg(image).arg(at))?;
    Ok(Mounted(at.to_owned()))
}

impl Drop for Mounted {
    fn drop(&mut self) {
        for _ in 0..200 {
            let tried = Command::new("umount").arg(&self.0).output();
            if tried.is_ok_and(|tried| tried.status.success()) {
                return;
            }
            // A process that was killed may not be gone yet.
            thread::sleep(Duration::from_millis(20));
        }
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

fn ran(command: &mut Command) {
    tried(command).unwrap();
}

fn tried(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(done) if done.status.success() => Ok(()),
        Ok(done) => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        )),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
