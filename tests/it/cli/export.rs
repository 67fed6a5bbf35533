//! `--export`: lines that a shell evaluates, and nothing but them on stdout.

use super::*;

const CPUS_ALONE: &str = "[limits]\nmin_gpus_per_task = 0\n[cluster]\nservers = 1\n";

/// What `sh` gets for a task of these devices and CPUs.
const NAMES: [&str; 6] = [
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "GPUMGR_TASK_ID",
    "GPUMGR_SERVER",
    "GPUMGR_GPUS",
    "GPUMGR_CPUS",
];

/// The lines of a shell for these values, in order.
fn lines(line: impl Fn(&str, &str) -> String, values: [&str; 6]) -> String {
    let pairs = NAMES.iter().zip(values);
    pairs
        .map(|(name, value)| line(name, value) + "\n")
        .collect()
}

#[test]
fn each_shell_has_its_own_words() {
    let values = [
        "0,1,2,3",
        "PCI_BUS_ID",
        "t",
        "gpu-server-0",
        "0,1,2,3",
        "32",
    ];
    let sh = lines(|name, value| format!("export {name}={value}"), values);
    let fish = lines(|name, value| format!("set -gx {name} {value};"), values);
    let powershell = lines(|name, value| format!("$env:{name} = '{value}'"), values);
    let cmd = lines(|name, value| format!("set \"{name}={value}\""), values);
    for (arguments, expected) in [
        (&[] as &[&str], &sh),
        (&["sh"], &sh),
        (&["fish"], &fish),
        (&["powershell"], &powershell),
        (&["cmd"], &cmd),
    ] {
        let lab = Lab::new();
        lab.ok(&["--init"]);
        let export = [&["--allocate", "t", "4", "32", "--export"], arguments].concat();
        let ran = lab.ok(&export);
        assert_eq!(&ran.stdout, expected);
        assert_eq!(ran.stderr, "t: gpu-server-0, GPUs 0,1,2,3\n");
        assert_eq!(lab.tasks(), ["t"]);
    }
}

/// PowerShell and cmd cannot hold an empty variable: set to nothing it would be gone, and all
/// GPUs visible. There is no device -1.
#[test]
fn no_gpus_means_no_gpus_in_every_shell() {
    for (shell, line) in [
        ("sh", "export CUDA_VISIBLE_DEVICES=''"),
        ("fish", "set -gx CUDA_VISIBLE_DEVICES '';"),
        ("powershell", "$env:CUDA_VISIBLE_DEVICES = '-1'"),
        ("cmd", "set \"CUDA_VISIBLE_DEVICES=-1\""),
    ] {
        let lab = Lab::with_config(CPUS_ALONE);
        let ran = lab.ok(&["--allocate", "t", "0", "4", "--export", shell]);
        assert_eq!(ran.stdout.lines().next(), Some(line));
    }
}

/// To PowerShell a word processor's quotes are quotes, and a line break ends a command of cmd's.
#[test]
fn no_value_becomes_code_in_powershell_and_cmd() {
    for (shell, task, line) in [
        (
            "powershell",
            "a’; b; ’",
            "$env:GPUMGR_TASK_ID = 'a’’; b; ’’'\n",
        ),
        ("powershell", "‘‚‛'", "$env:GPUMGR_TASK_ID = '‘‘‚‚‛‛'''\n"),
        ("cmd", "t", "set \"X=a_b__\"\n"),
    ] {
        let config = "[cluster]\n[environment]\nX = \"a\\nb\\r%\"\n";
        let lab = Lab::with_config(config);
        let ran = lab.ok(&["--allocate", task, "--export", shell]);
        assert!(ran.stdout.contains(line), "{ran:?}");
    }
}

#[test]
fn what_failed_leaves_nothing_to_evaluate() {
    let lab = Lab::new();
    lab.ok(&["--allocate", "t", "--export"]);
    for (code, arguments) in [
        (6, &["--allocate", "t", "--export"] as &[&str]),
        (2, &["--allocate", "u", "9", "--export", "fish"]),
        (2, &["--allocate", "u", "x", "--export"]),
    ] {
        let ran = lab.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
        assert_ne!(ran.stderr, "");
    }
}

/// Runs a script in a real shell, the binary being `$GPUMGR`; none, said on stderr, where the
/// shell is not installed.
#[cfg(unix)]
fn in_shell(lab: &Lab, shell: &str, script: &str) -> Option<Ran> {
    let mut command = std::process::Command::new(shell);
    lab.isolate(command.args(["-c", script]))
        // Else fish makes a folder in /tmp.
        .env("XDG_RUNTIME_DIR", lab.path())
        // Inherited from an outer job: it must be replaced.
        .env("CUDA_VISIBLE_DEVICES", "7")
        .env("GPUMGR", env!("CARGO_BIN_EXE_gpumgr"));
    match command.output() {
        Ok(output) => Some(Ran::of(output)),
        Err(error) => {
            assert_ne!(shell, "sh", "{error}");
            crate::support::skipped(&format!("no {shell}: {error}"));
            None
        }
    }
}

#[cfg(unix)]
#[test]
fn real_shells_set_the_variable_for_what_they_start() {
    let posix = r#"eval "$("$GPUMGR" --allocate t 2 16 --export)" && env"#;
    for (shell, script) in [
        ("sh", posix),
        ("bash", posix),
        ("zsh", posix),
        (
            "fish",
            "eval ($GPUMGR --allocate t 2 16 --export fish); and env",
        ),
        (
            "fish",
            "$GPUMGR --allocate t 2 16 --export fish | source; and env",
        ),
    ] {
        let lab = Lab::new();
        lab.ok(&["--allocate", "before"]);
        let Some(ran) = in_shell(&lab, shell, script) else {
            continue;
        };
        assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (0, "t: gpu-server-0, GPUs 1,2\n"),
            "{shell}: {ran:?}"
        );
        let values = ["1,2", "PCI_BUS_ID", "t", "gpu-server-0", "1,2", "16"];
        for line in lines(|name, value| format!("{name}={value}"), values).lines() {
            let is_set = ran.stdout.lines().any(|set| set == line);
            assert!(is_set, "{shell}: no {line}: {ran:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn real_shells_set_it_empty_rather_than_unset() {
    let posix = r#"eval "$("$GPUMGR" --allocate t 0 4 --export)" && env"#;
    for (shell, script) in [
        ("sh", posix),
        ("bash", posix),
        ("zsh", posix),
        (
            "fish",
            "$GPUMGR --allocate t 0 4 --export fish | source; and env",
        ),
    ] {
        let lab = Lab::with_config(CPUS_ALONE);
        let Some(ran) = in_shell(&lab, shell, script) else {
            continue;
        };
        let is_set = ran
            .stdout
            .lines()
            .any(|line| line == "CUDA_VISIBLE_DEVICES=");
        assert!(is_set, "{shell}: {ran:?}");
    }
}

/// Under `set -e` a script stops at a failed allocation, if it assigns before it evaluates.
#[cfg(unix)]
#[test]
fn a_script_can_see_that_it_failed() {
    let lab = Lab::new();
    let script = r#"set -e; lines=$("$GPUMGR" --allocate t 9 --export); eval "$lines"; echo on"#;
    let ran = in_shell(&lab, "sh", script).unwrap();
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
}
