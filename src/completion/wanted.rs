//! Which flag or value may stand at the cursor, as the flags are declared.

use super::Candidate;
use clap::{Arg, Command};

/// What is to be completed.
pub(super) enum Wanted<'c> {
    /// A flag.
    Flag,
    /// A value, which may be left out, with this before it in the same word: `--release=`.
    Value {
        of: &'c Arg,
        optional: bool,
        glued: &'c str,
    },
    /// A word of the command behind `--`, which begins so many words after gpumgr.
    Command(usize),
}

pub(super) fn wanted<'c>(command: &'c Command, before: &[String], current: &'c str) -> Wanted<'c> {
    let mut open = None;
    for (index, word) in before.iter().enumerate() {
        if word == "--" {
            return Wanted::Command(index + 1);
        }
        open = match (word.starts_with('-'), open) {
            (true, _) => long(command, word).map(|of| (of, 0)),
            (false, Some((of, given))) => Some((of, given + 1)),
            (false, None) => None,
        };
    }
    if let Some((flag, _)) = current.split_once('=')
        && let Some(of) = long(command, flag)
    {
        return Wanted::Value {
            of,
            optional: false,
            glued: &current[..=flag.len()],
        };
    }
    let open = open.and_then(|(of, given)| {
        let counts = of.get_num_args()?;
        (given < counts.max_values()).then_some((of, given >= counts.min_values()))
    });
    match open {
        Some((of, optional)) if !(optional && current.starts_with('-')) => Wanted::Value {
            of,
            optional,
            glued: "",
        },
        _ => Wanted::Flag,
    }
}

/// The flag of this name.
fn long<'c>(command: &'c Command, word: &str) -> Option<&'c Arg> {
    let name = word.strip_prefix("--")?;
    command
        .get_arguments()
        .find(|argument| argument.get_long() == Some(name))
}

/// The flags that may still be given: none twice, and one action.
pub(super) fn flags(command: &Command, before: &[String]) -> Vec<Candidate> {
    let actions: Vec<_> = command
        .get_groups()
        .filter(|group| group.get_id() == "action")
        .flat_map(|group| group.get_args())
        .collect();
    let given: Vec<_> = before
        .iter()
        .filter_map(|word| long(command, word.split('=').next()?))
        .collect();
    let acts = |argument: &Arg| actions.contains(&argument.get_id());
    let has_action = given.iter().any(|argument| acts(argument));
    let candidates = command.get_arguments().filter(|argument| {
        let again = given
            .iter()
            .any(|given| given.get_id() == argument.get_id());
        !(again || has_action && acts(argument))
    });
    candidates
        .filter_map(|argument| {
            let about = argument.get_help().map(ToString::to_string);
            Some(Candidate {
                word: format!("--{}", argument.get_long()?),
                about: about.unwrap_or_default().replace(['\n', '\t'], " "),
            })
        })
        .collect()
}
