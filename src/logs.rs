//! Output of programs: `logs/TASK.log` beside the state file.

mod writer;

pub(crate) use writer::{WRITE_LOG, order, serve};

use crate::allocator::Name;
use crate::system;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const FOLDER: &str = "logs";
/// File names may have 255 bytes, and the log that was put aside has a number behind.
const MAX_NAME: usize = 200;
/// How much of a log's end is looked at for its last lines.
const END: u64 = 16 << 10;

/// The log of one task's program.
#[derive(Clone, Debug)]
pub(crate) struct ProgramLog {
    pub(crate) path: PathBuf,
}

impl ProgramLog {
    /// The log of that task, in the state file's folder; nothing is opened yet.
    pub(crate) fn of(task: &Name, folder: &Path) -> Self {
        let name = format!("{}.log", file_name(task.as_str()));
        Self {
            path: folder.join(FOLDER).join(name),
        }
    }

    /// Opens it to write behind what is there.
    ///
    /// # Errors
    /// The system refused, or it is no plain file.
    pub(crate) fn open(&self) -> io::Result<File> {
        let folder = self.path.parent().unwrap_or(&self.path);
        if let Some(around) = folder.parent() {
            match fs::create_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => {
                    made?;
                    system::share_folder_as(folder, &fs::metadata(around)?)?;
                }
            }
        }
        if !fs::symlink_metadata(folder)?.is_dir() {
            // A link that somebody planted leads anywhere.
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Self::sweep(folder);
        match File::create_new(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => system::share_as_folder(&made?, &fs::metadata(folder)?)?,
        }
        let file = system::open_no_link(&self.path, OpenOptions::new().append(true).read(true))?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Opens it to be read, if anything was written yet.
    ///
    /// # Errors
    /// The system refused.
    pub(crate) fn read(&self) -> io::Result<Option<File>> {
        match system::open_no_link(&self.path, OpenOptions::new().read(true)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
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
        system::names_this_file(&self.path, file)
    }

    /// Renames it and its copies, of which so many are kept.
    fn put_aside(&self, count: u32) -> io::Result<()> {
        let is_free = |times: &u32| fs::symlink_metadata(self.aside(*times)).is_err();
        let room = (1..count).find(is_free).unwrap_or(count);
        for times in (1..room).rev() {
            fs::rename(self.aside(times), self.aside(times + 1))?;
        }
        fs::rename(&self.path, self.aside(1))?;
        // More may have been kept before.
        for times in count + 1.. {
            if fs::remove_file(self.aside(times)).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Gives up the oldest copy, if there is one.
    fn remove_oldest_copy(&self) -> io::Result<()> {
        let is_free = |times: &u32| fs::symlink_metadata(self.aside(*times)).is_err();
        match (1..).find(is_free) {
            None | Some(1) => Err(io::ErrorKind::NotFound.into()),
            Some(free) => fs::remove_file(self.aside(free - 1)),
        }
    }

    /// Removes what gpumgr 0.2.0 left of copies that it was killed in.
    fn sweep(folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let random = name.as_encoded_bytes().strip_prefix(b".tmp");
            if random.is_some_and(|random| random.len() == 6) {
                // Another user's is left to them.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn aside(&self, times: u32) -> PathBuf {
        let mut path = OsString::from(&self.path);
        path.push(format!(".{times}"));
        path.into()
    }
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
