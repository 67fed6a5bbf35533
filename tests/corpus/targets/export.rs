//! The values of variables, NUL between them, as lines that shells evaluate.

use gpumgr::fuzzing::{Shell, export};
use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

const NAMES: [&str; 4] = ["CUDA_VISIBLE_DEVICES", "GPUMGR_TASK_ID", "V1", "V2"];
/// What no value is.
const END: &[u8] = b"the end of the values\0";

/// Real shells read back what was given them, and do nothing else; so would the others, by their rules.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let values = text.split('\0').chain(std::iter::repeat(""));
    let names = NAMES.map(str::to_owned).into_iter();
    let variables: Vec<_> = names.zip(values.map(str::to_owned)).collect();
    SHELLS.with_borrow_mut(|shells| {
        for shell in shells {
            let lines = export(shell.kind, &variables);
            let read = shell.evaluate(&lines);
            let given: Vec<_> = variables.iter().map(|(_, value)| value.clone()).collect();
            assert_eq!(read, given, "{:?}: {lines}", shell.program);
        }
    });
    check_powershell(&export(Shell::Powershell, &variables), &variables);
    check_cmd(&export(Shell::Cmd, &variables), &variables);
}

thread_local! {
    static SHELLS: RefCell<Vec<Running>> = RefCell::new(start_all());
}

/// A shell that evaluates one file of lines after the other.
struct Running {
    kind: Shell,
    program: &'static str,
    // Dropped, and so closed, before the process is waited for.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    child: Child,
    folder: TempDir,
}

/// As the documentation says to evaluate them. Nothing else is found by its name.
const POSIX: &str = r#"
    PATH=/nonexistent
    while IFS= read -r _; do
        unset CUDA_VISIBLE_DEVICES GPUMGR_TASK_ID V1 V2
        eval "$(/bin/cat lines)"
        printf '%s\0' "$CUDA_VISIBLE_DEVICES" "$GPUMGR_TASK_ID" "$V1" "$V2" 'the end of the values'
    done
"#;
const FISH: &str = r#"
    set -gx PATH /nonexistent
    while read -l _go
        set -e CUDA_VISIBLE_DEVICES GPUMGR_TASK_ID V1 V2
        /bin/cat lines | source
        printf '%s\0' "$CUDA_VISIBLE_DEVICES" "$GPUMGR_TASK_ID" "$V1" "$V2" 'the end of the values'
    end
"#;

fn start_all() -> Vec<Running> {
    let shells = [
        (Shell::Sh, "sh", POSIX),
        (Shell::Sh, "bash", POSIX),
        (Shell::Sh, "zsh", POSIX),
        (Shell::Fish, "fish", FISH),
    ];
    let start = |(kind, program, script)| Running::start(kind, program, script);
    shells.into_iter().filter_map(start).collect()
}

impl Running {
    fn start(kind: Shell, program: &'static str, script: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let started = Command::new(program)
            .args(["-c", script])
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => {
                skipped(program, &error);
                return None;
            }
        };
        let (questions, answers) = (child.stdin.take(), child.stdout.take().unwrap());
        Some(Self {
            kind,
            program,
            questions,
            answers: BufReader::new(answers),
            child,
            folder,
        })
    }

    fn evaluate(&mut self, lines: &str) -> Vec<String> {
        fs::write(self.file("lines"), lines).unwrap();
        self.questions.as_ref().unwrap().write_all(b"\n").unwrap();
        let mut read = Vec::new();
        while !read.ends_with(END) {
            let bytes = self.answers.read_until(0, &mut read).unwrap();
            assert!(bytes > 0, "{:?} ended: {lines}", self.program);
        }
        read.truncate(read.len() - END.len());
        let files = fs::read_dir(self.folder.path()).unwrap();
        let made = files.filter(|file| file.as_ref().unwrap().path().is_file());
        assert_eq!(made.count(), 1, "{:?}: {lines}", self.program);
        let read = String::from_utf8(read).unwrap();
        read.split_terminator('\0').map(str::to_owned).collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

fn skipped(program: &str, error: &std::io::Error) {
    assert_ne!(program, "sh", "{error}");
    let may_skip = std::env::var_os("GPUMGR_SKIP_NOTHING").is_none();
    assert!(may_skip, "{program}: {error}");
    eprintln!("skipped: no {program}: {error}");
}

/// What PowerShell and cmd hold instead of nothing.
fn not_empty<'v>(name: &str, value: &'v str) -> &'v str {
    match (name, value) {
        ("CUDA_VISIBLE_DEVICES", "") => "-1",
        _ => value,
    }
}

/// By PowerShell's rules there is one assignment a variable, each of one literal.
fn check_powershell(lines: &str, variables: &[(String, String)]) {
    // Any of these begins, ends and, twice, stands for one in a literal.
    const QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
    let mut rest = lines;
    for (name, value) in variables {
        rest = rest.strip_prefix(&format!("$env:{name} = ")).unwrap();
        let mut read = String::new();
        let mut inside = rest.strip_prefix(QUOTES).unwrap().chars();
        while let Some(c) = inside.next() {
            if QUOTES.contains(&c) && !inside.as_str().starts_with(QUOTES) {
                break;
            }
            if QUOTES.contains(&c) {
                inside.next();
            }
            read.push(c);
        }
        rest = inside.as_str().strip_prefix('\n').unwrap_or_else(|| {
            panic!("something follows a literal: {lines}");
        });
        assert_eq!(read, not_empty(name, value), "{lines}");
    }
    assert_eq!(rest, "");
}

/// By cmd's rules there is one command a line, of which nothing ends the quoted text before its end.
fn check_cmd(lines: &str, variables: &[(String, String)]) {
    let count = lines.split_terminator('\n').count();
    assert_eq!(count, variables.len(), "{lines}");
    for (line, (name, value)) in lines.split_terminator('\n').zip(variables) {
        let text = line.strip_prefix(&format!("set \"{name}="));
        let text = text.and_then(|text| text.strip_suffix('"')).unwrap();
        let acts = |c: char| "\"%!^&|<>".contains(c) || c.is_control();
        let expected = not_empty(name, value).replace(acts, "_");
        assert_eq!(text, expected, "{lines}");
        assert!(!text.contains(acts), "{lines}");
    }
}
