//! A terminal's other screen, which gives back what was on the first.

use std::io::{self, Write};

const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
const HOME: &str = "\x1b[H";
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

/// Standard output while pictures follow each other on it.
pub(crate) enum Screen {
    /// On a terminal each takes the place of the last.
    Terminal,
    /// Elsewhere they follow one another, an empty line between them.
    Plain {
        /// Whether there was one.
        began: bool,
    },
}

impl Screen {
    pub(crate) fn new(is_terminal: bool) -> Self {
        let screen = match is_terminal {
            true => Self::Terminal,
            false => Self::Plain { began: false },
        };
        screen.enter();
        screen
    }

    /// Takes the other screen.
    pub(crate) fn enter(&self) {
        if matches!(self, Self::Terminal) {
            let _ = write(ENTER);
        }
    }

    /// Gives back what was on the first.
    pub(crate) fn leave(&self) {
        if matches!(self, Self::Terminal) {
            let _ = write(LEAVE);
        }
    }

    /// Shows this, or as much of it as that many rows can take.
    ///
    /// # Errors
    /// Nobody sees it.
    pub(crate) fn show(&mut self, picture: &str, rows: Option<usize>) -> io::Result<()> {
        match self {
            Self::Terminal => {
                let lines = picture.lines().take(rows.unwrap_or(usize::MAX));
                let lines: Vec<_> = lines.map(|line| format!("{line}{CLEAR_LINE}")).collect();
                write(&format!("{HOME}{}{CLEAR_BELOW}", lines.join("\n")))
            }
            Self::Plain { began: true } => write(&format!("\n{picture}")),
            Self::Plain { began } => {
                *began = true;
                write(picture)
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
