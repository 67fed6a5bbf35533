//! What is typed: arguments, NUL between them, of which the first also is a task's name.

use gpumgr::allocator::{BadName, Cpus, Gpus, Name, Request};
use gpumgr::config::Config;
use gpumgr::{Error, Manager};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Arguments make sense, or what is wrong with them can be shown. What can be a name can be a task's,
/// is found as that again, and what cannot is told why.
pub fn check(data: &[u8]) {
    let given = data.split(|byte| *byte == 0).map(OsStr::from_bytes);
    let arguments: Vec<OsString> = [OsStr::new("gpumgr")]
        .into_iter()
        .chain(given.clone())
        .map(OsStr::to_owned)
        .collect();
    if let Some(wrong) = gpumgr::fuzzing::misuse(&arguments) {
        assert!(!wrong.is_empty());
        assert!(super::is_plain(&wrong), "{wrong:?}");
        if wrong.starts_with('{') {
            serde_json::from_str::<serde_json::Value>(&wrong).unwrap();
        }
    }
    if let Some(first) = given.clone().next().and_then(OsStr::to_str) {
        check_name(first);
    }
}

fn check_name(text: &str) {
    let chars = text.chars().count();
    match text.parse::<Name>() {
        Ok(name) => {
            assert_eq!(name.to_string(), text);
            assert!((1..=Name::MAX_CHARS).contains(&chars));
            assert!(super::is_plain(text) && !text.contains('\n') && !text.starts_with('-'));
            check_task(&name);
        }
        Err(BadName::Empty) => assert_eq!(chars, 0),
        Err(BadName::LeadingDash) => assert!(text.starts_with('-')),
        Err(BadName::TooLong { chars: told }) => {
            assert_eq!(told, chars);
            assert!(chars > Name::MAX_CHARS);
        }
        Err(BadName::Unprintable { position }) => assert!((1..=chars).contains(&position)),
    }
}

fn check_task(name: &Name) {
    let text = "[cluster]\nservers = 1\n";
    let mut config = Config::parse(Path::new("/config.toml"), text).unwrap();
    config.state_file = super::file("arguments.json");
    let manager = Manager::new(config).unwrap();
    let request = Request::new(name.clone(), Gpus::Count(2), Cpus::PerGpu);
    let granted = manager.allocate(request.clone()).unwrap().grant;
    assert_eq!(
        (&granted.task, granted.gpus.as_slice()),
        (name, &[0, 1][..])
    );
    assert!(matches!(manager.allocate(request), Err(Error::Refused(_))));
    let released = manager.release(name).unwrap().released;
    assert_eq!(
        (&released.task.id, released.task.gpus),
        (name, granted.gpus)
    );
}
