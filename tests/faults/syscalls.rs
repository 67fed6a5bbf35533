//! Every system call of a change fails once.

use crate::scene::{ALL, Scene};
use crate::strace::{self, Fault};
use crate::support::{measured, skipped};
use crate::verdict::{ERRORS, wrongs};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// `GPUMGR_FAULTS=all` makes all cases; without it every so manieth is made.
const SAMPLE: usize = 7;
/// Most of a run is waiting.
const AT_ONCE: usize = 6;

#[derive(Default)]
struct Tally {
    played: usize,
    /// Cases whose call was not made that time, as threads take turns.
    unreached: usize,
    wrong: Vec<String>,
}

#[test]
fn whichever_system_call_fails_the_state_is_whole_and_nothing_is_done_unsaid() {
    if let Some(why) = strace::obstacle() {
        skipped(&format!("system calls cannot be made to fail here: {why}"));
        return;
    }
    let step = match std::env::var("GPUMGR_FAULTS").as_deref() {
        Ok("all") => 1,
        _ => SAMPLE,
    };
    let only = std::env::var("GPUMGR_SCENE").ok();
    let scenes = ALL.into_iter();
    let scenes = scenes.filter(|scene| {
        only.as_ref()
            .is_none_or(|only| *only == format!("{scene:?}"))
    });
    let mut wrong = Vec::new();
    for scene in scenes {
        let faults = faults(scene);
        let cases = faults.len();
        // Not always the same of the four.
        let chosen: Vec<_> = faults.into_iter().step_by(step).collect();
        let tally = play_all(scene, &chosen);
        measured(&format!(
            "{scene:?}: {} of {cases} cases played, {} not reached, {} wrong",
            tally.played,
            tally.unreached,
            tally.wrong.len()
        ));
        wrong.extend(tally.wrong);
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

fn faults(scene: Scene) -> Vec<Fault> {
    let each = |call: strace::Call| {
        ERRORS.map(|(error, _)| Fault {
            call: call.clone(),
            error,
        })
    };
    let all = scene.calls().into_iter().flat_map(each);
    all.filter(Fault::can_be).collect()
}

fn play_all(scene: Scene, faults: &[Fault]) -> Tally {
    let tally = Mutex::new(Tally::default());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (stage, played) = scene.play(Some(fault));
                    let wrongs = wrongs(scene, fault, stage, &played);
                    let mut tally = tally.lock().unwrap();
                    tally.played += 1;
                    tally.unreached += usize::from(!played.injected);
                    let told = wrongs.into_iter();
                    tally.wrong.extend(told.map(|wrong| {
                        let Fault { call, error } = fault;
                        let ran = &played.ran;
                        format!(
                            "{scene:?}, {error} of {} (#{}): {wrong}\n    {ran:?}",
                            call.text, call.nth
                        )
                    }));
                }
            });
        }
    });
    tally.into_inner().unwrap()
}
