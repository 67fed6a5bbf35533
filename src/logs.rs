//! Output of programs: `logs/USER/TASK.log` beside the state file.
//!
//! Only its user may write in `logs/USER`, so no member of the group chooses which file is written
//! there.

mod writer;

pub(crate) use writer::{WRITE_LOG, order, serve};

use crate::allocator::Name;
use crate::system::{Access, Folder, Space};
use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The folder of all users' logs, beside the state file.
pub(crate) const FOLDER: &str = "logs";
/// File names may have 255 bytes, and the log that was put aside has a number behind.
const MAX_NAME: usize = 200;
/// How much of a log's end is looked at for its last lines.
const END: u64 = 16 << 10;

/// The log of one task's program.
#[derive(Clone, Debug)]
pub(crate) struct ProgramLog {
    pub(crate) path: PathBuf,
    /// The state file's folder.
    around: PathBuf,
    /// The user's own folder; `None` for a log of gpumgr 0.2.0, which was in `logs` itself.
    user: Option<OsString>,
    name: OsString,
}

impl ProgramLog {
    /// The log of that task, as this user runs it, in the state file's folder. Nothing is opened yet.
    pub(crate) fn of(task: &Name, user: &str, folder: &Path) -> Self {
        Self::in_folder(Some(file_name(user).into()), task, folder)
    }

    fn in_folder(user: Option<OsString>, task: &Name, around: &Path) -> Self {
        let name = format!("{}.log", file_name(task.as_str()));
        Self::named(user, name.into(), around)
    }

    fn named(user: Option<OsString>, name: OsString, around: &Path) -> Self {
        let mut path = around.join(FOLDER);
        path.extend(user.as_deref());
        path.push(&name);
        Self {
            path,
            around: around.to_owned(),
            user,
            name,
        }
    }

    /// All logs of that task, the newest first. A log that gpumgr 0.2.0 wrote comes last.
    pub(crate) fn of_all_users(task: &Name, folder: &Path) -> Vec<Self> {
        let users = Folder::open(folder)
            .and_then(|around| around.subfolder(FOLDER.as_ref()))
            .and_then(|logs| logs.names())
            .unwrap_or_default();
        let logs = users.into_iter().filter_map(|user| {
            let log = Self::in_folder(Some(user), task, folder);
            let written = log.folder().ok()?.look(&log.name).ok()?.modified;
            Some((Reverse(written), log))
        });
        let mut logs: Vec<_> = logs.collect();
        logs.sort_by_key(|(written, _)| *written);
        let old = Self::in_folder(None, task, folder);
        logs.into_iter().map(|(_, log)| log).chain([old]).collect()
    }

    fn folder(&self) -> io::Result<Folder> {
        let logs = Folder::open(&self.around)?.subfolder(FOLDER.as_ref())?;
        match &self.user {
            Some(user) => logs.subfolder(user),
            None => Ok(logs),
        }
    }

    /// Whether the user's folder is not there yet, or is theirs alone to write in.
    ///
    /// # Errors
    /// It is something else than a folder, or the system refused.
    pub(crate) fn is_safe(&self) -> io::Result<bool> {
        match self.folder() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            opened => is_own(&opened?),
        }
    }

    /// The user's folder to write in, made where it is missing.
    fn own_folder(&self) -> io::Result<Folder> {
        let around = Folder::open(&self.around)?;
        let logs = around.make_shared_subfolder(FOLDER.as_ref())?;
        sweep(&logs);
        let user = self.user.as_deref().unwrap_or(OsStr::new(""));
        let own = logs.make_own_subfolder(user, &around)?;
        match is_own(&own)? {
            true => Ok(own),
            false => Err(io::Error::other("other users can write in its folder")),
        }
    }

    /// Opens it to write behind what is there.
    ///
    /// # Errors
    /// The system refused, it is not a regular file, or other users can write in its folder.
    pub(crate) fn open(&self) -> io::Result<File> {
        let folder = self.own_folder()?;
        match folder.create(&self.name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => folder.share(&made?)?,
        }
        folder.open_file(&self.name, Access::Append)
    }

    /// Opens it to be read, if anything was written yet.
    ///
    /// # Errors
    /// The system refused.
    pub(crate) fn read(&self) -> io::Result<Option<File>> {
        let folder = self.folder();
        match folder.and_then(|folder| folder.open_file(&self.name, Access::Read)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// How large it is by now.
    pub(crate) fn size(&self) -> u64 {
        let found = self.folder().and_then(|folder| folder.look(&self.name));
        found.map_or(0, |found| found.bytes)
    }

    /// The room on its disk; `None` if the file system does not tell.
    fn space(&self) -> Option<Space> {
        let space = self.folder().ok()?.space().ok()?;
        Some(space).filter(|space| space.total > 0)
    }

    /// The last lines of what was written behind that place.
    pub(crate) fn last_lines(&self, count: usize, behind: u64) -> String {
        let mut end = Vec::new();
        // What cannot be read is not told.
        let _ = self.read_end(behind, &mut end);
        let text = String::from_utf8_lossy(&end);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }

    fn read_end(&self, behind: u64, end: &mut Vec<u8>) -> io::Result<()> {
        if let Some(mut file) = self.read()? {
            let size = file.metadata()?.len();
            // A log that is smaller than before was rotated.
            let behind = if size < behind { 0 } else { behind };
            let from = size.saturating_sub(END).max(behind);
            file.seek(SeekFrom::Start(from))?;
            file.take(END).read_to_end(end)?;
        }
        Ok(())
    }

    /// The file that took the place of this one, if it was rotated.
    pub(crate) fn newer_than(&self, file: &File) -> Option<File> {
        match self.leads_to(file) {
            Ok(false) => self.read().ok().flatten(),
            _ => None,
        }
    }

    /// Whether its name still leads to this file.
    fn leads_to(&self, file: &File) -> io::Result<bool> {
        match self.folder() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            folder => folder?.leads_to(&self.name, file),
        }
    }

    /// Renames it and its copies, of which so many are kept.
    fn put_aside(&self, count: u32) -> io::Result<()> {
        let folder = self.own_folder()?;
        let is_free = |times: &u32| folder.look(&self.aside(*times)).is_err();
        let room = (1..count).find(is_free).unwrap_or(count);
        for times in (1..room).rev() {
            folder.rename(&self.aside(times), &self.aside(times + 1))?;
        }
        folder.rename(&self.name, &self.aside(1))?;
        // More may have been kept before.
        for times in count + 1.. {
            if folder.remove(&self.aside(times)).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn has_copy(&self) -> bool {
        let folder = self.folder();
        folder.is_ok_and(|folder| folder.look(&self.aside(1)).is_ok())
    }

    /// Gives up the oldest copy, if there is one; how many bytes it had.
    fn remove_oldest_copy(&self) -> io::Result<u64> {
        let folder = self.own_folder()?;
        let is_free = |times: &u32| folder.look(&self.aside(*times)).is_err();
        match (1..).find(is_free) {
            None | Some(1) => Err(io::ErrorKind::NotFound.into()),
            Some(free) => {
                let oldest = self.aside(free - 1);
                let bytes = folder.look(&oldest)?.bytes;
                folder.remove(&oldest).map(|()| bytes)
            }
        }
    }

    fn aside(&self, times: u32) -> OsString {
        let mut name = self.name.clone();
        name.push(format!(".{times}"));
        name
    }
}

/// Removes what gpumgr 0.2.0 left of copies that it was killed in.
fn sweep(logs: &Folder) {
    for name in logs.names().unwrap_or_default() {
        let random = name.as_encoded_bytes().strip_prefix(b".tmp");
        if random.is_some_and(|random| random.len() == 6) {
            // Another user's is left to them.
            let _ = logs.remove(&name);
        }
    }
}

fn is_own(folder: &Folder) -> io::Result<bool> {
    Ok(folder.is_own()? && folder.only_owner_writes()?)
}

/// A name that is a file's on every system, and no path, whatever a task is called.
fn file_name(task: &str) -> String {
    let mut name = String::new();
    for c in task.chars() {
        let plain = c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '=' | '@' | ',');
        if plain || (c == '.' && !name.is_empty()) {
            name.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(name, "%{byte:02X}");
            }
        }
    }
    if name.len() <= MAX_NAME {
        return name;
    }
    // What tells long ones apart that begin alike.
    let mut hasher = DefaultHasher::new();
    task.hash(&mut hasher);
    let mut end = MAX_NAME - 17;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}%{:016X}", &name[..end], hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_task_may_be_called_anything_and_its_log_is_a_plain_file() {
        assert_eq!(file_name("train_1.2-b"), "train_1.2-b");
        assert_eq!(file_name("学習 1"), "学習%201");
        assert_eq!(file_name("../../etc/passwd"), "%2E.%2F..%2Fetc%2Fpasswd");
        assert_eq!(file_name("a%b"), "a%25b");
        assert_eq!(file_name("C:\\x|y"), "C%3A%5Cx%7Cy");
    }

    #[test]
    fn long_names_fit_and_stay_different() {
        let (one, other) = ("学".repeat(127) + "1", "学".repeat(127) + "2");
        assert!(file_name(&one).len() <= 200);
        assert_ne!(file_name(&one), file_name(&other));
    }
}
