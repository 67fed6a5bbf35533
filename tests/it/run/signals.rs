//! Signals that another process sends to gpumgr alone.

use super::{Running, Victim, small, written};
use crate::support::{Lab, happens};
use nix::sys::signal::Signal;

/// Notes what it hears, and ends with 3 at SIGUSR1.
pub(super) const HEARS: &str =
    "for name in TERM HUP INT QUIT USR2; do trap \"echo $name >> heard\" $name; done
trap 'exit 3' USR1
echo $$ > pid
while :; do sleep 0.02; done";

fn heard(lab: &Lab) -> String {
    lab.text_if_any("heard").unwrap_or_default()
}

#[test]
fn each_reaches_the_command_once() {
    // TERM begins the end of the run: the command has a minute for it.
    let lab = Lab::with_config(&super::SMALL.replace("1s", "1m"));
    let run = Running::all_of(&lab, &["sh", "-c", HEARS]);
    let _command = Victim::noted(&lab, "pid");
    let mut expected = String::new();
    for (signal, name) in [
        (Signal::SIGTERM, "TERM"),
        (Signal::SIGHUP, "HUP"),
        (Signal::SIGINT, "INT"),
        (Signal::SIGQUIT, "QUIT"),
        (Signal::SIGUSR2, "USR2"),
        (Signal::SIGTERM, "TERM"),
    ] {
        run.send(signal);
        expected += &format!("{name}\n");
        assert!(
            happens(|| heard(&lab) == expected),
            "{signal}: {}",
            heard(&lab)
        );
    }
    // They are passed on in order, so a second one would have come before this.
    run.send(Signal::SIGUSR1);
    assert_eq!(run.ends().code, 3);
    assert_eq!(heard(&lab), expected);
    assert_eq!(written(&lab), [""; 0]);
}

#[test]
fn a_command_without_a_handler_ends_and_its_code_says_so() {
    for signal in [
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
        Signal::SIGUSR1,
    ] {
        let lab = small();
        let run = Running::all_of(&lab, &["sh", "-c", super::STAYS]);
        let _command = Victim::noted(&lab, "pid");
        run.send(signal);
        assert_eq!(run.ends().code, 128 + signal as i32);
        assert_eq!(written(&lab), [""; 0]);
    }
}

#[test]
fn what_nohup_ignores_stays_ignored() {
    let lab = small();
    let mut nohup = std::process::Command::new("nohup");
    nohup
        .arg(lab.command(&[]).get_program())
        .args(["--run", "t", "--", "sh", "-c", super::STAYS]);
    let run = Running::of(lab.isolate(&mut nohup));
    let command = Victim::noted(&lab, "pid");
    run.send(Signal::SIGHUP);
    super::send(command.0, Signal::SIGHUP);
    // Had that one ended it, this would come too late.
    run.send(Signal::SIGTERM);
    assert_eq!(run.ends().code, 128 + Signal::SIGTERM as i32);
}
