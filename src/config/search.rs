//! Where the config is.

use super::document;
use super::mistake::{ConfigError, Wrong};
use crate::system;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::DeValue;

/// A cluster of 100,000 servers, one by one, has less.
const MAX_BYTES: u64 = 16 << 20;
const FILE: &str = "config.toml";
const VARIABLE: &str = "GPUMGR_CONFIG";
const SYSTEM_VARIABLE: &str = "GPUMGR_SYSTEM_CONFIG";

pub(super) struct Found {
    /// The config's absolute path and text.
    pub(super) file: Option<(PathBuf, String)>,
    /// It was not named, but found in the current folder, and somebody else could have written it.
    pub(super) untrusted: bool,
    /// A `./config.toml` that is not ours.
    pub(super) passed_over: Option<PathBuf>,
}

pub(super) fn find(named: Option<&Path>) -> Result<Found, ConfigError> {
    let variable = path_in(VARIABLE).filter(|path| !path.as_os_str().is_empty());
    let chosen = match (named, variable) {
        (Some(path), _) => Some(self::named(path)?),
        (None, Some(path)) => Some(file(&path)?),
        (None, None) => None,
    };
    if let Some(file) = chosen {
        return Ok(Found {
            file: Some(file),
            untrusted: false,
            passed_over: None,
        });
    }
    let mut passed_over = None;
    let here = absolute(Path::new(FILE))?;
    if let Some(Read { text, only_ours }) = read_if_file(&here)? {
        if is_ours(&here, &text)? {
            return Ok(Found {
                file: Some((here, text)),
                untrusted: !only_ours,
                passed_over,
            });
        }
        passed_over = Some(here);
    }
    let users = dirs::config_dir().map(|folder| folder.join("gpumgr").join(FILE));
    for path in users.into_iter().chain(system_config()?) {
        if let Some(Read { text, .. }) = read_if_file(&path)? {
            return Ok(Found {
                file: Some((path, text)),
                untrusted: false,
                passed_over,
            });
        }
    }
    Ok(Found {
        file: None,
        untrusted: false,
        passed_over,
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "the search alone reads these variables"
)]
fn path_in(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

/// The system's config: the file that `$GPUMGR_SYSTEM_CONFIG` names, or its usual place. `None` if the
/// variable is empty, or if this system has no usual place.
fn system_config() -> Result<Option<PathBuf>, ConfigError> {
    match path_in(SYSTEM_VARIABLE) {
        Some(path) if path.as_os_str().is_empty() => Ok(None),
        Some(path) => absolute(&path).map(Some),
        None => Ok(system::SYSTEM_CONFIG.map(PathBuf::from)),
    }
}

/// The absolute path and the text of a file that must be there, or of a pipe.
pub(super) fn named(path: &Path) -> Result<(PathBuf, String), ConfigError> {
    required(path, |path| File::open(path))
}

/// The same of a file alone, for who does not name it each time does not expect to wait.
fn file(path: &Path) -> Result<(PathBuf, String), ConfigError> {
    required(path, open_file)
}

fn required(path: &Path, open: Open) -> Result<(PathBuf, String), ConfigError> {
    let path = absolute(path)?;
    match read(&path, open)? {
        Some(Read { text, .. }) => Ok((path, text)),
        None => Err(ConfigError::NotFound { path }),
    }
}

pub(super) fn current_folder() -> Result<PathBuf, ConfigError> {
    absolute(Path::new("")).or_else(|_| absolute(Path::new(".")))
}

fn absolute(path: &Path) -> Result<PathBuf, ConfigError> {
    std::path::absolute(path).map_err(|source| ConfigError::Io {
        path: path.to_owned(),
        source,
    })
}

fn is_ours(path: &Path, text: &str) -> Result<bool, ConfigError> {
    let document = document::parse(text).map_err(|mistake| ConfigError::Mistakes {
        path: path.to_owned(),
        mistakes: vec![mistake],
    })?;
    let value = |key| document.get_ref().get(key).map(Spanned::get_ref);
    Ok(value("cluster").is_some_and(DeValue::is_table)
        || value("server").is_some_and(DeValue::is_array)
        || value("state_file").is_some_and(DeValue::is_str))
}

/// A file that nobody named; pipes and folders of that name are not meant for us.
fn read_if_file(path: &Path) -> Result<Option<Read>, ConfigError> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Ok(None),
        _ => read(path, open_file),
    }
}

type Open = fn(&Path) -> io::Result<File>;

/// A pipe would be waited at, also one that took the file's place since it was looked at.
fn open_file(path: &Path) -> io::Result<File> {
    let file = system::open_at_once(path, OpenOptions::new().read(true))?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        )),
    }
}

/// What is read of a config.
struct Read {
    text: String,
    /// Nobody but this user and root could have written just this file, or made the link to it.
    only_ours: bool,
}

/// None where there is no file.
fn read(path: &Path, open: Open) -> Result<Option<Read>, ConfigError> {
    let failed = |source| ConfigError::Io {
        path: path.to_owned(),
        source,
    };
    let file = match open(path) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        opened => opened.map_err(failed)?,
    };
    let name = fs::symlink_metadata(path);
    let only_ours = system::only_ours_to_write(&file.metadata().map_err(failed)?)
        && name.is_ok_and(|name| system::is_ours(&name));
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ConfigError::TooLarge {
            path: path.to_owned(),
            limit: MAX_BYTES,
        });
    }
    let text = text(path, bytes)?;
    Ok(Some(Read { text, only_ours }))
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, ConfigError> {
    String::from_utf8(bytes).map_err(|error| {
        let readable = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..readable]).into_owned();
        let mistakes = vec![document::mistake(&before, before.len(), Wrong::NotText)];
        ConfigError::Mistakes {
            path: path.to_owned(),
            mistakes,
        }
    })
}
