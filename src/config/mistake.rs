//! What can be wrong with a config, and where.

use crate::allocator::{BadName, BadSpec};
use std::io;
use std::path::PathBuf;

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The config that was named is not there.
    #[error("there is no config {path:?}")]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{path:?} cannot be read: {source}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// More than any config could be.
    #[error("{path:?} is larger than {limit} bytes")]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The most bytes a config may have.
        limit: u64,
    },
    /// It says what is run, or sets variables for that, and others than the user and root can write it.
    #[error("{path:?} says what is run, and is not this user's alone to write")]
    Untrusted {
        /// Which file.
        path: PathBuf,
    },
    /// The file does not say what it must.
    #[error("{path:?} has {} mistakes", mistakes.len())]
    Mistakes {
        /// Which file.
        path: PathBuf,
        /// All of them, in the order they stand.
        mistakes: Vec<Mistake>,
    },
}

/// One mistake, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in that line, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Quoted text.
    Text,
    /// A list of quoted texts.
    Texts,
    /// Quoted text, or a list of that.
    TextOrTexts,
    /// A whole number.
    WholeNumber,
    /// A number from 0 to 1.
    Fraction,
    /// `true` or `false`.
    TrueOrFalse,
    /// `[name]`.
    Table,
    /// `[[name]]`.
    Tables,
}

/// What is wrong with a config.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// It is no text: not UTF-8.
    NotText,
    /// It is no TOML.
    Syntax(String),
    /// It is no JSON.
    Json(String),
    /// No such key here.
    UnknownKey {
        /// As written.
        key: String,
        /// The key that was probably meant.
        near: Option<String>,
    },
    /// A key that must be there is not.
    MissingKey {
        /// Which one.
        key: String,
    },
    /// A value of another type.
    Type {
        /// The key it belongs to.
        key: String,
        /// What it must be.
        expected: Expected,
    },
    /// A number out of bounds.
    Range {
        /// The key it belongs to.
        key: String,
        /// The least it may be.
        min: u32,
        /// The most it may be.
        max: u32,
    },
    /// A text that is no duration.
    Duration {
        /// The key it belongs to.
        key: String,
    },
    /// A text that is no size.
    Size {
        /// The key it belongs to.
        key: String,
    },
    /// A list that is to have one item for each GPU of its server.
    NotOneEach {
        /// The key it belongs to.
        key: String,
        /// How many it has.
        found: usize,
    },
    /// A time that no task can be for.
    Ttl {
        /// The key it belongs to.
        key: String,
    },
    /// A text that cannot be a path.
    NoPath {
        /// The key it belongs to.
        key: String,
    },
    /// A name that cannot be a variable's.
    VariableName {
        /// As written.
        name: String,
    },
    /// A variable that every task gets anyway.
    VariableReserved {
        /// Which one.
        name: String,
    },
    /// Something in braces that stands for nothing.
    Placeholder {
        /// The variable it is in.
        name: String,
        /// As written.
        placeholder: String,
    },
    /// `default_ttl` over `max_ttl`.
    DefaultOverMaxTtl,
    /// A text that cannot name a server.
    Name(BadName),
    /// Both `[cluster]` and `[[server]]`.
    BothShapes,
    /// `min_gpus_per_task` over `max_gpus_per_task`.
    MinOverMax {
        /// The one.
        min: u32,
        /// The other.
        max: u32,
    },
    /// `scaling.min_gpus` over `scaling.max_gpus`.
    ScalingMinOverMax {
        /// The one.
        min: u32,
        /// The other.
        max: u32,
    },
    /// `[auto] programs` without `[program_template]`.
    NoProgram,
    /// `scale_down_threshold` not below `scale_up_threshold`.
    DownOverUp,
    /// A text that is no command as a shell would read it.
    Command,
    /// A text that is no way to talk to a mail server.
    Security,
    /// A text that is no mail address, or none of several.
    Address {
        /// The key it belongs to.
        key: String,
        /// Why not.
        why: String,
    },
    /// A password that would go to another machine for all to read.
    OpenLogin,
    /// A password in a file and in a variable.
    TwoPasswords,
    /// Servers that do not make a cluster together.
    Cluster(BadSpec),
}
