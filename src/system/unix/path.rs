//! Where paths lead, past links of users whom the caller trusts and no others.

use super::errno;
use super::folder::{REACH, again, open_at, open_path};
use crate::system::{MAX_LINKS, RealPath};
use nix::errno::Errno;
#[cfg(not(target_os = "linux"))]
use nix::fcntl::AtFlags;
use nix::fcntl::{OFlag, readlinkat};
#[cfg(not(target_os = "linux"))]
use nix::sys::stat::fstatat;
use nix::unistd::Uid;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// A symbolic link.
struct Link {
    target: PathBuf,
    /// Only users whom the caller trusts could have put it there.
    is_trusted: bool,
}

/// Where an absolute path leads, step by step. What is not there, or may not be entered, stays as it is:
/// opening it says so.
pub(crate) fn real_path(path: &Path) -> io::Result<RealPath> {
    let mut real = PathBuf::from("/");
    let mut steps = steps_of(path);
    let mut links = 0;
    while let Some(name) = steps.pop() {
        if name == ".." {
            real.pop();
            continue;
        }
        match link(&real, &name)? {
            None => real.push(name),
            Some(link) if !link.is_trusted => return Ok(RealPath::ForeignLink(real.join(name))),
            Some(_) if links == MAX_LINKS => {
                return Err(io::Error::other("too many symbolic links"));
            }
            Some(link) => {
                links += 1;
                if link.target.is_absolute() {
                    real = PathBuf::from("/");
                }
                steps.extend(steps_of(&link.target));
            }
        }
    }
    Ok(RealPath::Is(real))
}

/// The names on the way, the last first.
fn steps_of(path: &Path) -> Vec<OsString> {
    let names = path.components().filter_map(|step| match step {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    let mut names: Vec<_> = names.collect();
    names.reverse();
    names
}

/// The link of that name in that folder, if there is one.
fn link(folder: &Path, name: &OsStr) -> io::Result<Option<Link>> {
    match open_path(folder, OFlag::O_DIRECTORY | REACH) {
        Err(error) if is_out_of_reach(&error) => Ok(None),
        opened => match link_in(&opened?, name) {
            Err(error) if is_out_of_reach(&error) => Ok(None),
            found => found,
        },
    }
}

fn is_out_of_reach(error: &io::Error) -> bool {
    matches!(
        errno(error),
        Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES | Errno::ENAMETOOLONG
    )
}

/// The link of that name, `None` if it is something else or not there.
fn link_in(folder: &File, name: &OsStr) -> io::Result<Option<Link>> {
    match again(|| readlinkat(folder, name)) {
        Err(error) if is_no_link(&error) => return Ok(None),
        read => drop(read?),
    }
    let (target, owner) = match read_link(folder, name) {
        // Another entry has just taken its place.
        Err(error) if is_no_link(&error) => return Ok(None),
        read => read?,
    };
    let is_trusted = is_trusted(owner, &folder.metadata()?);
    Ok(Some(Link {
        target: target.into(),
        is_trusted,
    }))
}

/// Target and owner of one and the same link, whatever is exchanged meanwhile.
#[cfg(target_os = "linux")]
fn read_link(folder: &File, name: &OsStr) -> io::Result<(OsString, u32)> {
    let link = open_at(folder, name, OFlag::O_PATH)?;
    let target = again(|| readlinkat(&link, ""))?;
    Ok((target, link.metadata()?.uid()))
}

#[cfg(not(target_os = "linux"))]
fn read_link(folder: &File, name: &OsStr) -> io::Result<(OsString, u32)> {
    let target = again(|| readlinkat(folder, name))?;
    let link = again(|| fstatat(folder, name, AtFlags::AT_SYMLINK_NOFOLLOW))?;
    Ok((target, link.st_uid))
}

/// Whoever can put a link into a folder chooses what is opened through it. So a link counts if it is
/// this user's or root's, or its folder's owner's where nobody else can write.
fn is_trusted(owner: u32, around: &Metadata) -> bool {
    let alone = around.mode() & 0o022 == 0;
    owner == Uid::effective().as_raw() || owner == 0 || alone && owner == around.uid()
}

/// Whether reading a link failed because there is none. A descriptor of something else has no entry
/// with an empty name.
fn is_no_link(error: &io::Error) -> bool {
    matches!(errno(error), Errno::EINVAL | Errno::ENOENT)
}
