//! File systems whose locks hold on this machine only, or for one mount of it.

use super::Folder;
use crate::system::LocalLocks;
use std::io;

/// File systems by the number that the kernel gives each kind (`man statfs`).
const FUSE: u64 = 0x6573_5546;
const V9FS: u64 = 0x0102_1997;
const CIFS: u64 = 0xff53_4d42;
const SMB2: u64 = 0xfe53_4d42;
const NFS: u64 = 0x6969;
const LUSTRE: u64 = 0x0bd0_0bd0;
const OCFS2: u64 = 0x7461_636f;
const GFS2: u64 = 0x0116_1970;
const VBOXSF: u64 = 0x786f_4256;

/// FUSE file systems that only one machine can have mounted: a disk, and the layers of a container.
const OF_ONE_MACHINE: [&str; 2] = ["fuseblk", "fuse.fuse-overlayfs"];

/// A mount, as `/proc/self/mountinfo` describes it.
#[derive(Debug, PartialEq, Eq)]
struct Mount<'t> {
    kind: &'t str,
    options: Vec<&'t str>,
}

/// Why locks in this folder do not hold for all who share it; `None` if they do.
#[cfg(target_os = "linux")]
pub(crate) fn local_locks(folder: &Folder) -> io::Result<Option<LocalLocks>> {
    use std::os::unix::fs::MetadataExt;
    let kind = nix::sys::statfs::fstatfs(folder.file())?.filesystem_type();
    // The numbers have 32 bits, whatever the type has.
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "cut off")]
    let kind = kind.0 as u64 & 0xffff_ffff;
    if !is_shared(kind) {
        return Ok(None);
    }
    let device = folder.metadata()?.dev();
    let (major, minor) = (nix::libc::major(device), nix::libc::minor(device));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    Ok(judge(kind, find(&mounts, &format!("{major}:{minor}"))))
}

/// Only Linux tells.
#[cfg(not(target_os = "linux"))]
pub(crate) fn local_locks(_folder: &Folder) -> io::Result<Option<LocalLocks>> {
    Ok(None)
}

/// Whether other machines may have such a file system, too.
fn is_shared(kind: u64) -> bool {
    matches!(
        kind,
        FUSE | V9FS | CIFS | SMB2 | NFS | LUSTRE | OCFS2 | GFS2 | VBOXSF
    )
}

/// The last mount of that device.
fn find<'t>(mounts: &'t str, device: &str) -> Option<Mount<'t>> {
    let mount = |line: &'t str| {
        let (place, source) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(2);
        if place.next()? != device {
            return None;
        }
        let own = place.nth(2)?;
        let mut source = source.split(' ');
        let kind = source.next()?;
        let options = source.nth(1).unwrap_or_default();
        let options = own.split(',').chain(options.split(','));
        Some(Mount {
            kind,
            options: options.collect(),
        })
    };
    mounts.lines().rev().find_map(mount)
}

fn judge(kind: u64, mount: Option<Mount<'_>>) -> Option<LocalLocks> {
    let (name, options) = mount.map_or(("", Vec::new()), |mount| (mount.kind, mount.options));
    let because = |option: Option<&str>| {
        Some(LocalLocks {
            file_system: if name.is_empty() {
                usual_name(kind)
            } else {
                name
            }
            .to_owned(),
            option: option.map(str::to_owned),
        })
    };
    let telling: &[&str] = match kind {
        FUSE if OF_ONE_MACHINE.contains(&name) => return None,
        FUSE | V9FS | VBOXSF => return because(None),
        CIFS | SMB2 => &["nobrl", "nolock"],
        NFS => &["nolock", "local_lock=flock", "local_lock=all"],
        LUSTRE => &["localflock"],
        OCFS2 | GFS2 => &["localflocks"],
        _ => return None,
    };
    let option = options
        .into_iter()
        .find(|option| telling.contains(option))?;
    because(Some(option))
}

fn usual_name(kind: u64) -> &'static str {
    match kind {
        FUSE => "fuse",
        V9FS => "9p",
        VBOXSF => "vboxsf",
        NFS => "nfs",
        CIFS | SMB2 => "cifs",
        LUSTRE => "lustre",
        OCFS2 => "ocfs2",
        _ => "gfs2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 28 0:20 / /proc rw,nosuid shared:12 - proc proc rw
40 28 0:35 / /mnt/a rw,relatime shared:5 - nfs4 srv:/a rw,vers=4.2,local_lock=none,addr=10.0.0.1
41 28 0:36 / /mnt/b rw,relatime - nfs srv:/b rw,vers=3,nolock,local_lock=all,addr=10.0.0.1
42 28 0:37 / /mnt/c rw,relatime - cifs //srv/c rw,vers=3.1.1,nobrl
43 28 0:38 / /mnt/d rw,relatime - cifs //srv/d rw,vers=3.1.1
44 28 0:39 / /mnt/with\\040space rw,nosuid - fuse.sshfs me@srv:/e rw,user_id=0
45 28 0:40 / /mnt/f rw,relatime - virtiofs f rw
46 28 8:1 / /mnt/g rw,relatime - fuseblk /dev/sda1 rw,user_id=0
47 28 0:41 / /mnt/h rw,relatime - lustre mgs:/h rw,flock
48 28 0:42 / /mnt/i rw,relatime - lustre mgs:/i rw,localflock
49 28 0:43 / /mnt/j rw - 9p j rw,trans=virtio
50 28 0:44 / /mnt/k rw - nfs srv:/k rw,vers=3,local_lock=flock
";

    fn told(kind: u64, device: &str) -> Option<(String, Option<String>)> {
        judge(kind, find(MOUNTS, device)).map(|local| (local.file_system, local.option))
    }

    #[test]
    fn mount_options_tell_whose_locks_are_local() {
        let local = |name: &str, option: &str| Some((name.to_owned(), Some(option.to_owned())));
        assert_eq!(told(NFS, "0:35"), None);
        assert_eq!(told(NFS, "0:36"), local("nfs", "nolock"));
        assert_eq!(told(NFS, "0:44"), local("nfs", "local_lock=flock"));
        assert_eq!(told(CIFS, "0:37"), local("cifs", "nobrl"));
        assert_eq!(told(SMB2, "0:37"), local("cifs", "nobrl"));
        assert_eq!(told(SMB2, "0:38"), None);
        assert_eq!(told(LUSTRE, "0:41"), None);
        assert_eq!(told(LUSTRE, "0:42"), local("lustre", "localflock"));
    }

    #[test]
    fn fuse_and_9p_are_local_whatever_the_options() {
        let always = |name: &str| Some((name.to_owned(), None));
        assert_eq!(told(FUSE, "0:39"), always("fuse.sshfs"));
        assert_eq!(told(FUSE, "0:40"), always("virtiofs"));
        assert_eq!(told(V9FS, "0:43"), always("9p"));
        // Without a line of it there is nothing better to go by.
        assert_eq!(told(FUSE, "0:99"), always("fuse"));
        assert_eq!(told(NFS, "0:99"), None);
    }

    #[test]
    fn file_systems_of_one_machine_are_trusted() {
        assert_eq!(told(FUSE, "8:1"), None);
        for disk in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x0102_1994,
            0x794c_7630,
            0x2fc1_2fc1,
        ] {
            assert!(!is_shared(disk), "{disk:x}");
        }
    }
}
