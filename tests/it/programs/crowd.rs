//! Many programs at once.

use super::{Workshop, lives};
use std::collections::BTreeSet;
use std::process::Child;

const MANY: u64 = 20;

#[test]
fn twenty_start_and_stop_at_once_each_on_its_own_gpu() {
    let shop = Workshop::new();
    shop.machine.configure(&format!(
        "grace = \"10s\"\n[[server]]\nname = \"s\"\ngpus = {MANY}\ncpus = 40\n\
         [gpu]\ntrust_bookkeeping = true\n[program_template]\n{}\n",
        super::COMMAND
    ));
    shop.machine.becomes(&format!("count {MANY}\n"));
    shop.ok(&["--init"]);
    let tasks: Vec<_> = (0..MANY).map(|number| format!("t{number}")).collect();
    let all_do = |action: &str| {
        let begin = |task: &String| shop.machine.command(&[action, task]).spawn().unwrap();
        let running: Vec<Child> = tasks.iter().map(begin).collect();
        for mut command in running {
            assert!(command.wait().unwrap().success());
        }
    };
    all_do("--start-program");
    let gpus: BTreeSet<_> = tasks
        .iter()
        .flat_map(|task| shop.gpus(task).unwrap())
        .collect();
    assert_eq!(gpus, (0..MANY).collect());
    for task in &tasks {
        let given = shop.gpus(task).unwrap()[0];
        shop.has_begun(task, 1);
        assert_eq!(shop.notes(task), [format!("began {given} --gpus {given}")]);
    }
    let programs: Vec<_> = tasks.iter().map(|task| shop.pids(task).1).collect();
    assert!(programs.iter().all(|pid| lives(*pid)));
    all_do("--stop-program");
    assert!(programs.iter().all(|pid| !lives(*pid)));
    assert!(tasks.iter().all(|task| shop.notes(task).len() == 2));
    assert_eq!(shop.json(&["--status"])["totals"]["available_gpus"], MANY);
}
