//! What is refused again and again is one line, and pushes nothing out of the log.

use super::*;

#[test]
fn refusals_are_counted_and_leave_the_log_alone() {
    const TIMES: usize = 30;
    let lab = server(1, "[log]\nsize = \"1KB\"\ncount = 1\n");
    lab.ok(&["--allocate", "t", "1", "1"]);
    let before = lab.read(LOG);
    for _ in 0..TIMES {
        assert_eq!(lab.run(&["--allocate", "u", "1", "1"]).code, 3);
    }
    assert_eq!(lab.run(&["--release", "nosuch"]).code, 5);
    assert_eq!(lab.read(LOG), before);
    let shown = history(&lab, &[]);
    assert_eq!(
        deeds(&shown),
        ["init -", "allocate t", "allocate u", "release nosuch"]
    );
    assert_eq!(shown[2]["count"], TIMES);
    let times = [&shown[2]["first"], &shown[2]["time"]].map(Value::to_string);
    assert!(times[0] < times[1], "{times:?}");
    assert_eq!(shown[3].get("count"), None);
    assert_eq!(deeds(&history(&lab, &["u"])), ["allocate u"]);
    assert_eq!(
        history(&lab, &["--user", "nobody-known"]),
        Vec::<Value>::new()
    );
    let text = lab.ok(&["--history"]).stdout;
    assert!(text.contains(&format!("{TIMES} times since ")), "{text}");
    for (language, words) in [
        ("zh", format!("起共 {TIMES} 次")),
        ("ja", format!("から {TIMES} 回")),
    ] {
        let text = lab.ok(&["--history", "--lang", language]).stdout;
        assert!(text.contains(&words), "{text}");
    }
}

#[test]
fn only_the_last_refusals_are_kept() {
    let lab = server(1, "");
    lab.ok(&["--init"]);
    let refused: String = (0..100)
        .map(|task| {
            format!(
                "{{\"time\":\"2025-11-04T10:00:{:02}+00:00\",\"action\":\"release\",\"task\":\"t{task}\",\
                 \"error\":\"unknown_task\"}}\n",
                task % 60
            )
        })
        .collect();
    lab.write(REFUSED, refused + "no event\n");
    lab.run(&["--release", "newest"]);
    let kept = events_in(&lab, REFUSED);
    assert_eq!(kept.len(), 100);
    assert_eq!(kept[99]["task"], "newest");
}

#[test]
fn file_of_refusals_is_no_state() {
    let lab = server(1, "");
    let ran = lab.run(&["--init", "--state", REFUSED]);
    assert_eq!(ran.code, 2, "{ran:?}");
}
