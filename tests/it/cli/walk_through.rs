//! v0.1's walk-through, as its README prints it, save success told once and the program's name.

use super::*;

/// What v0.1 printed in one language.
struct Printed {
    language: &'static str,
    title: &'static str,
    columns: [&'static str; 6],
    totals: &'static str,
    allocated: &'static str,
    released: &'static str,
}

const JAPANESE: Printed = Printed {
    language: "ja",
    title: "GPU リソース状態",
    columns: [
        "サーバー",
        "GPU利用可/合計",
        "GPU使用率",
        "CPU利用可/合計",
        "CPU使用率",
        "実行中タスク",
    ],
    totals: "
合計:
  GPU: 32/32 利用可能
  CPU: 256/256 利用可能
  実行中タスク: 0
",
    allocated: "リソース割り当てを試行中:
  タスクID: my_task_001
  GPU数: 4
  CPU数: 32

✓ リソース割り当て成功！
  サーバー: gpu-server-0
  GPU ID: [0, 1, 2, 3]
  GPUデバイス文字列: 0,1,2,3
  CPU数: 32

使用ヒント:
  export CUDA_VISIBLE_DEVICES=0,1,2,3

リソース解放:
  gpumgr --release my_task_001
",
    released: "リソース解放を試行中: my_task_001
✓ リソース解放完了: my_task_001
",
};

const CHINESE: Printed = Printed {
    language: "zh",
    title: "GPU资源状态",
    columns: [
        "服务器",
        "GPU可用/总数",
        "GPU利用率",
        "CPU可用/总数",
        "CPU利用率",
        "运行任务数",
    ],
    totals: "
总计:
  GPU: 32/32 可用
  CPU: 256/256 可用
  运行任务: 0
",
    allocated: "尝试分配资源:
  任务ID: my_task_001
  GPU数量: 4
  CPU数量: 32

✓ 资源分配成功!
  服务器: gpu-server-0
  GPU IDs: [0, 1, 2, 3]
  GPU设备字符串: 0,1,2,3
  CPU数量: 32

使用提示:
  export CUDA_VISIBLE_DEVICES=0,1,2,3

释放资源:
  gpumgr --release my_task_001
",
    released: "尝试释放资源: my_task_001
✓ 资源已释放: my_task_001
",
};

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('│').split('│').map(str::trim).collect()
}

/// v0.1's table, whose frame was too narrow for its own cells; so the cells count, not the
/// spaces around them.
fn check_table(printed: &Printed, text: &str) {
    let lines: Vec<_> = text.lines().collect();
    let title = lines[0].trim_matches('=');
    assert_eq!(title, format!(" {} ", printed.title), "{text}");
    let edges = [(1, '┌', '┐'), (3, '├', '┤'), (8, '└', '┘')];
    for (line, left, right) in edges {
        assert!(lines[line].starts_with(left), "{text}");
        assert!(lines[line].ends_with(right), "{text}");
    }
    assert_eq!(cells(lines[2]), printed.columns);
    for (id, line) in lines[4..8].iter().enumerate() {
        let server = format!("gpu-server-{id}");
        assert_eq!(cells(line), [&server, "8/8", "0.0%", "64/64", "0.0%", "0"]);
    }
    let frame = lines[..9].join("\n") + "\n";
    assert_eq!(text.strip_prefix(&frame), Some(printed.totals));
}

fn walk(printed: &Printed) {
    let lab = Lab::new();
    let run = |arguments: &[&str]| lab.ok(&[arguments, &["--lang", printed.language]].concat());
    assert!(run(&["--init"]).stdout.contains(&lab.shown(STATE)));
    let fresh = run(&["--status"]).stdout;
    check_table(printed, &fresh);
    let allocated = run(&["--allocate", "my_task_001", "4", "32"]);
    assert_eq!(allocated.stdout, printed.allocated);
    assert_eq!(allocated.stderr, "");
    let status = run(&["--status"]).stdout;
    let row = status.lines().nth(4).unwrap();
    assert_eq!(
        cells(row),
        ["gpu-server-0", "4/8", "50.0%", "32/64", "50.0%", "1"]
    );
    let detail = run(&["--detail"]).stdout;
    assert!(detail.contains("my_task_001"), "{detail}");
    assert!(detail.contains("[4, 5, 6, 7]"), "{detail}");
    assert_eq!(run(&["--release", "my_task_001"]).stdout, printed.released);
    assert_eq!(run(&["--status"]).stdout, fresh);
    run(&["--allocate", "forgotten", "4", "32"]);
    run(&["--reset", "--yes"]);
    assert_eq!(run(&["--status"]).stdout, fresh);
}

#[test]
fn in_japanese() {
    walk(&JAPANESE);
}

#[test]
fn in_chinese() {
    walk(&CHINESE);
}

/// Its second example: A and B take turns, and C gets what A gave back.
#[test]
fn three_users_in_turn() {
    let lab = Lab::new();
    let gpus = |task: &str| lab.grant(&[task, "4", "32"]);
    assert_eq!(
        gpus("user_a_task"),
        json!(["gpu-server-0", [0, 1, 2, 3], 32])
    );
    assert_eq!(
        gpus("user_b_task"),
        json!(["gpu-server-0", [4, 5, 6, 7], 32])
    );
    lab.ok(&["--release", "user_a_task"]);
    assert_eq!(
        gpus("user_c_task"),
        json!(["gpu-server-0", [0, 1, 2, 3], 32])
    );
}
