//! By a command, which gets the event as one line of JSON on standard input.

use super::child::wait_unless;
use crate::system;
use crate::variables;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How much of what it says is kept for the error.
const SAID: usize = 2048;
/// What no text has in it.
const END: u8 = 0;

/// Why nobody was told by the command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandTrouble {
    /// It cannot be started; what the system said.
    #[error("it cannot be started: {0}")]
    NotStarted(String),
    /// It failed.
    #[error("it failed ({ended}): {said}")]
    Failed {
        /// How it ended.
        ended: String,
        /// What it said, or the last of it.
        said: String,
    },
    /// It did not end in time, and was killed.
    #[error("it did not end within {} s, and was killed", .0.as_secs_f64())]
    Late(Duration),
}

/// Runs it to its end, for that time or until `stop` is set at most. What it leaves behind in its group is
/// ended with it.
pub(super) fn run(
    words: &[String],
    line: &str,
    within: Duration,
    stop: &AtomicBool,
) -> Result<(), CommandTrouble> {
    let not_started = |error: io::Error| CommandTrouble::NotStarted(error.to_string());
    let (mut child, said) = start(words).map_err(not_started)?;
    hand_over(&mut child, line.to_owned());
    let ended = wait_unless(&mut child, Instant::now() + within, stop);
    let _ = system::kill_group(&mut child);
    let said = said.text();
    match ended {
        None => {
            let _ = child.wait();
            Err(CommandTrouble::Late(within))
        }
        Some(Some(status)) if !status.success() => Err(CommandTrouble::Failed {
            ended: status.to_string(),
            said,
        }),
        Some(_) => Ok(()),
    }
}

/// Both outputs come by one pipe.
fn start(words: &[String]) -> io::Result<(Child, Said)> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (output, writer) = io::pipe()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_remove(variables::RUN)
        .stdin(Stdio::piped())
        .stdout(writer.try_clone()?)
        .stderr(writer.try_clone()?);
    system::lead_group(&mut command);
    system::end_with_parent(&mut command);
    Ok((command.spawn()?, Said::listen(output, writer)))
}

/// A command that reads nothing keeps nobody waiting.
fn hand_over(child: &mut Child, line: String) {
    if let Some(mut input) = child.stdin.take() {
        thread::spawn(move || input.write_all(line.as_bytes()));
    }
}

/// What it says, read as it comes, so that it never has to wait for room.
struct Said {
    reader: thread::JoinHandle<Vec<u8>>,
    /// Whether the next [`END`] is the end of it.
    ended: Arc<AtomicBool>,
    /// What it leaves behind may hold the pipe open for long. So the end of it is written here.
    writer: PipeWriter,
}

impl Said {
    fn listen(output: PipeReader, writer: PipeWriter) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ended);
        Self {
            reader: thread::spawn(move || read(output, &seen)),
            ended,
            writer,
        }
    }

    /// The last of it. All that it said before it ended comes before the end.
    fn text(mut self) -> String {
        self.ended.store(true, Ordering::SeqCst);
        // It can only fail once nobody reads any longer.
        let _ = self.writer.write_all(&[END]);
        drop(self.writer);
        let kept = self.reader.join().unwrap_or_default();
        let text = String::from_utf8_lossy(&kept);
        let words: Vec<_> = text.split_whitespace().collect();
        words.join(" ")
    }
}

/// The last of what comes before the end.
fn read(mut output: PipeReader, ended: &AtomicBool) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut piece = [0; SAID];
    while let Ok(count @ 1..) = output.read(&mut piece) {
        let end = piece[..count].iter().position(|byte| *byte == END);
        let end = end.filter(|_| ended.load(Ordering::SeqCst));
        kept.extend_from_slice(&piece[..end.unwrap_or(count)]);
        let surplus = kept.len().saturating_sub(SAID);
        kept.drain(..surplus);
        if end.is_some() {
            break;
        }
    }
    kept
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::CommandTrouble;
    use std::fs;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn run(words: &[String], line: &str, within: Duration) -> Result<(), CommandTrouble> {
        super::run(words, line, within, &AtomicBool::new(false))
    }

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    /// The pipes that this process has open. Other tests open some as well, but not for long.
    fn pipes() -> usize {
        let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let targets = open.filter_map(|entry| fs::read_link(entry.path()).ok());
        targets
            .filter(|target| target.to_string_lossy().starts_with("pipe:"))
            .count()
    }

    fn threads() -> usize {
        fs::read_dir("/proc/self/task").unwrap().count()
    }

    #[test]
    fn what_it_leaves_behind_costs_nothing() {
        const OFTEN: usize = 60;
        let folder = tempfile::tempdir().unwrap();
        let pids = folder.path().join("pids");
        // In a session of its own, it is not even ended with its group.
        let script = format!(
            "cat >/dev/null; setsid sleep 300 & echo $! >> '{}'; exit 0",
            pids.display()
        );
        let (had_pipes, had_threads) = (pipes(), threads());
        for _ in 0..OFTEN {
            assert_eq!(run(&shell(&script), "{}\n", PATIENCE), Ok(()));
        }
        let (has_pipes, has_threads) = (pipes(), threads());
        for pid in fs::read_to_string(&pids).unwrap().lines() {
            let pid = nix::unistd::Pid::from_raw(pid.parse().unwrap());
            // One that had not left the group yet was ended with it.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
        assert!(has_pipes < had_pipes + OFTEN / 2, "{has_pipes} pipes");
        assert!(
            has_threads < had_threads + OFTEN / 2,
            "{has_threads} threads"
        );
    }

    #[test]
    fn what_it_leaves_behind_in_its_group_ends_with_it() {
        for code in [0, 1] {
            let folder = tempfile::tempdir().unwrap();
            let pid = folder.path().join("pid");
            let script = format!("sleep 300 & echo $! > '{}'; exit {code}", pid.display());
            assert_eq!(run(&shell(&script), "{}\n", PATIENCE).is_ok(), code == 0);
            let pid = fs::read_to_string(pid).unwrap();
            let stat = format!("/proc/{}/stat", pid.trim());
            let is_gone = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
            let gone = (0..2000).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                is_gone()
            });
            assert!(gone, "{pid}");
        }
    }
}
