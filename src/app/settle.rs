//! From what was typed and the environment to what an action is given.

use super::tell::complain;
use super::terminal::library_path;
use crate::allocator::Request;
use crate::cli::{Action, Asked, Invocation, Output, Run};
use crate::commands::{Job, Outer, Wait};
use crate::config::Config;
use crate::error::Error;
use crate::manager::Manager;
use crate::progress::Progress;
use crate::render::{self, Style};
use crate::variables;
use anyhow::Context;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex};

pub(super) fn request(asked: Asked, manager: &Manager) -> Result<(Request, Option<Wait>), Error> {
    let request = Request {
        prefer: asked.prefer,
        ..Request::new(asked.task, asked.gpus, asked.cpus).on(asked.kind)
    };
    let wait = asked.wait.map(|at_most| Wait { at_most });
    let request = request.owned_by(manager.user()?);
    Ok((request.lapsing_after(asked.ttl), wait))
}

#[allow(clippy::disallowed_methods, reason = "the environment is settled here")]
pub(super) fn job(run: Run, manager: &Manager) -> Result<Job, Error> {
    let (request, wait) = request(run.asked, manager)?;
    let outer = || {
        Some(Outer {
            lease: std::env::var(variables::RUN).ok()?.parse().ok()?,
            step: std::env::var(variables::STEP)
                .ok()
                .and_then(|step| step.parse().ok()),
        })
    };
    Ok(Job {
        request,
        numbered: run.unnamed,
        command: run.command,
        wait,
        search: std::env::var_os("PATH"),
        outer: outer(),
    })
}

pub(super) fn settled(invocation: &Invocation, style: &Arc<Style>) -> Result<Manager, Error> {
    let config = match (&invocation.action, &invocation.config) {
        // The shell may just have made an empty one for what this prints.
        (Action::Detect, None)
        | (Action::Translate { .. } | Action::Completions { .. } | Action::Man, _) => {
            Config::by_default()
        }
        (_, config) => Config::find(config.as_deref()),
    };
    let mut config = config.map_err(Error::from)?;
    if let Some(path) = &config.passed_over {
        complain(&render::passed_over(path, style));
    }
    if let Some(state) = &invocation.state {
        config.state_file.clone_from(state);
    }
    let language = style.language();
    let notice = Arc::new(
        move |lock: &std::path::Path, holders: &[crate::system::Holder]| {
            complain(&render::lock_wait(lock, holders, language));
        },
    );
    let looker = Arc::clone(style);
    let last = Mutex::new(String::new());
    let observer = Arc::new(move |progress: &Progress<'_>| {
        let line = render::progress(progress, &looker);
        // The same again says nothing new.
        if let Ok(mut last) = last.lock()
            && !line.is_empty()
            && *last != line
        {
            complain(&line);
            *last = line;
        }
    });
    Ok(Manager::new(config)?
        .measuring(library_path())
        .force(invocation.force)
        .on_wait(notice)
        .observed_by(observer))
}

/// Asks before a reset, where there is somebody to ask.
pub(super) fn confirmed(manager: &Manager, style: &Style) -> anyhow::Result<bool> {
    let somebody = io::stdin().is_terminal() && io::stderr().is_terminal();
    if style.output == Output::Json || !somebody {
        return Err(Error::Unconfirmed.into());
    }
    complain(&render::confirm_reset(manager.state_file(), style));
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .context("the answer could not be read")?;
    let yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !yes {
        complain(&render::declined(style));
    }
    Ok(yes)
}
