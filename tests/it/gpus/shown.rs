//! What `--status`, `--detail` and `--check-config` say of the GPUs.

use super::{Driver, Machine, Stranger, host};
use crate::support::Lab;

const BUSY: &str =
    "count 2\ngpu 0 use 97\ngpu 0 used 61440\ngpu 0 temperature 65\ngpu 0 power 301500\n";

#[test]
fn each_gpu_is_a_row_with_its_use_memory_temperature_power_and_task() {
    let own = Stranger::new();
    let machine = Machine::with_server(2, "", "count 2\n");
    machine.ok(&["--allocate", "t"]);
    machine.becomes(&format!("{BUSY}gpu 0 process {} 61000\n", own.pid()));
    for action in [&["--status"][..], &["--detail"], &["--detail", "s"]] {
        let shown = machine.ok(action).stdout;
        let row = shown.lines().find(|line| line.starts_with("│ 0 ")).unwrap();
        let cells: Vec<_> = row
            .split('│')
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        assert_eq!(
            cells[..5],
            ["0", "97%", "60.0/80.0 GiB", "65°C", "302 W"],
            "{shown}"
        );
        assert!(cells[5].starts_with("t ("), "{shown}");
        let process = format!("GPU 0: sleep (PID {}, ", own.pid());
        assert!(shown.contains(&process), "{shown}");
        assert!(shown.contains(", 61000 MiB, "), "{shown}");
    }
    let gpu = &machine.gpus()[0];
    assert_eq!(gpu["utilization_percent"], 97);
    assert_eq!(
        (&gpu["memory_used_mib"], &gpu["memory_total_mib"]),
        (&61440.into(), &81920.into())
    );
    assert_eq!(
        (&gpu["temperature_celsius"], &gpu["power_milliwatts"]),
        (&65.into(), &301_500.into())
    );
    assert_eq!(
        (&gpu["task_id"], &gpu["withheld"]),
        (&"t".into(), &serde_json::Value::Null)
    );
    let process = &gpu["processes"][0];
    assert_eq!(
        (&process["pid"], &process["memory_mib"]),
        (&own.pid().into(), &61000.into())
    );
    assert!(process["age_seconds"].as_i64().unwrap() < 3600);
}

#[test]
fn a_field_that_fails_is_a_dash_for_that_gpu_alone() {
    for (field, cell) in [("use", 1), ("memory", 2), ("temperature", 3), ("power", 4)] {
        let machine = Machine::with_server(2, "", &format!("{BUSY}gpu 1 fail {field} 999\n"));
        let shown = machine.ok(&["--status"]).stdout;
        let cells = |gpu: &str| -> Vec<String> {
            let row = shown
                .lines()
                .find(|line| line.starts_with(&format!("│ {gpu} ")))
                .unwrap();
            row.split('│').map(|cell| cell.trim().to_owned()).collect()
        };
        for (position, text) in cells("1").iter().enumerate().skip(1).take(5) {
            assert_eq!(text == "-", position == cell + 1, "{field}: {shown}");
        }
        assert!(!cells("0").contains(&"-".to_owned()), "{field}: {shown}");
    }
}

#[test]
fn a_garbled_name_hides_nothing() {
    let machine = Machine::with_server(1, "", "");
    let mut gpus = b"count 2\ngpu 0 name \xff\xfe\x1b[2J\ngpu 1 name \x1b[31mred\n".to_vec();
    gpus.extend(b"gpu 1 uuid \x1b]0;title\x07\n");
    machine.lab.write("gpus", gpus);
    let detected = machine.run(&["--detect"]);
    detected.assert_sound("detect");
    assert_eq!(detected.code, 0);
    let status = machine.run(&["--status"]);
    status.assert_sound("status");
    assert!(status.stdout.contains("35°C"), "{status:?}");
}

#[test]
fn only_this_machines_server_is_measured() {
    let machine = Machine::with("count 2\ngpu 0 used 9999\n");
    machine.configure(&format!(
        "[[server]]\nname = \"other\"\nhost = \"elsewhere\"\ngpus = 2\ncpus = 8\n\
         [[server]]\nname = \"here\"\nhost = \"{}\"\ngpus = 2\ncpus = 8\n",
        host()
    ));
    let status = machine.json(&["--status"]);
    assert!(status["servers"][0]["gpus"].is_null());
    assert_eq!(
        status["servers"][1]["gpus"][0]["withheld"]["reason"],
        "draining"
    );
    assert_eq!(machine.granted(&["t", "2"]), [0, 1]);
    assert_eq!(machine.granted(&["u", "1"]), [1]);
    assert!(
        !machine
            .ok(&["--detail", "other"])
            .stdout
            .contains("GPUs of")
    );
}

#[test]
fn check_config_says_what_is_measured_or_why_nothing_is() {
    let machine = Machine::with_server(2, "", "count 2\n");
    let said = |machine: &Machine| {
        let ran = machine.ok(&["--check-config"]).stdout;
        let line = ran.lines().find(|line| line.starts_with("GPUs: "));
        line.unwrap().to_owned()
    };
    assert_eq!(said(&machine), "GPUs: 2 measured on s");
    machine.becomes("count 4\ngpu 0 fail handle 15\n");
    assert_eq!(said(&machine), "GPUs: 1 measured on s");
    let detected = Machine::with("count 3\n");
    detected.ok(&["--init"]);
    assert_eq!(said(&detected), format!("GPUs: 3 measured on {}", host()));
    let checked = detected.ok(&["--check-config"]).stdout;
    assert!(
        checked.starts_with("Config: none found, so this machine's GPUs\n"),
        "{checked}"
    );
    assert!(checked.contains("1 server, 3 GPUs"), "{checked}");
    machine.becomes("init 9\n");
    assert_eq!(
        said(&machine),
        "GPUs: not measured: there is no NVIDIA driver (NVIDIA driver is not loaded)"
    );
    machine.becomes("init 4\n");
    assert!(said(&machine).starts_with("GPUs: cannot be read: "));
    machine.becomes("count 2\n");
    // Without a config the first command would take what is there.
    machine.configure("");
    assert_eq!(said(&machine), format!("GPUs: 2 measured on {}", host()));
    machine.configure("[cluster]\nservers = 4");
    let several = format!(
        "GPUs: not measured: no server is this machine; write host = \"{}\" under the one that is",
        host()
    );
    assert_eq!(said(&machine), several);
    let two = format!(
        "[[server]]\nname = \"NAME\"\nhost = \"{}\"\ngpus = 2\ncpus = 8\n",
        host()
    );
    machine.configure(&[two.replace("NAME", "a"), two.replace("NAME", "b")].concat());
    assert!(said(&machine).contains("several servers are this machine"));
    let lab = Lab::new();
    let ran = lab.ok(&["--check-config"]);
    assert!(
        ran.stdout
            .contains("GPUs: not measured: there is no NVIDIA driver ("),
        "{ran:?}"
    );
}

#[test]
fn drivers_of_all_ages_tell_their_processes() {
    let stranger = Stranger::new();
    let gpus = format!("count 1\n{}", stranger.on(0));
    let old = Machine::of(Driver::Old, &gpus);
    old.configure("[cluster]\nservers = 1\ngpus_per_server = 1");
    assert_eq!(old.reason(0), "busy");
    // One that never tells leaves them unknown.
    let silent = Machine::of(Driver::NoProcesses, "count 1\n");
    silent.configure("[cluster]\nservers = 1\ngpus_per_server = 1");
    assert_eq!(silent.reason(0), "unknown");
    let ran = silent.run(&["--allocate", "t"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("does not tell"), "{ran:?}");
    assert!(ran.stderr.contains("trust_bookkeeping = true"), "{ran:?}");
}

#[test]
fn the_screens_are_whole_in_all_languages() {
    let stranger = Stranger::new();
    let machine = Machine::with_server(
        4,
        "",
        &format!("count 4\ngpu 2 fail all 15\n{}", stranger.on(1)),
    );
    for (language, words) in [
        ("zh", "正被 gpumgr 之外的进程使用"),
        ("ja", "gpumgr の管理外で使用中です"),
    ] {
        let shown = machine.ok(&["--status", "--lang", language]).stdout;
        assert!(shown.contains(words), "{shown}");
        let refused = machine.run(&["--allocate", "t", "4", "--lang", language]);
        assert!(refused.stderr.contains(words), "{refused:?}");
    }
}
