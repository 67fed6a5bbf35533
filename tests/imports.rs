//! How the files of `src` import each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each file, by its path below `src`, with the files that it imports from.
type Imports = BTreeMap<String, BTreeSet<String>>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files_in(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_in(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
}

/// `store::file` for `store/file/mod.rs` and for `store/file.rs`.
fn module(file: &str) -> String {
    let file = file.trim_end_matches(".rs");
    let file = file.strip_suffix("/mod").unwrap_or(file);
    file.replace('/', "::")
}

/// The code without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let tests = text.find("\n#[cfg(test)]\n").unwrap_or(text.len());
    let lines = text[..tests].lines();
    let lines: Vec<_> = lines
        .map(|line| line.split("//").next().unwrap_or_default().trim())
        .collect();
    // A visibility is no import.
    lines.join(" ").replace("pub(in crate::", "pub(in ")
}

/// The paths in the code that begin with `crate` or `super`, as seen from the crate.
fn paths(code: &str, module: &str) -> Vec<String> {
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut paths = Vec::new();
    for (start, base) in [("crate::", ""), ("super::", parent)] {
        for rest in code.split(start).skip(1) {
            let is_path = |c: char| c.is_alphanumeric() || "_:".contains(c);
            let end = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
            let (path, behind) = rest.split_at(end);
            let group = behind
                .strip_prefix('{')
                .and_then(|group| group.split('}').next());
            for name in group.unwrap_or_default().split(',') {
                paths.push(format!("{base}::{path}{}", name.trim()));
            }
        }
    }
    paths
}

fn imports() -> Imports {
    let mut files = Vec::new();
    files_in(&source(), &mut files);
    let names = files
        .iter()
        .map(|file| file.strip_prefix(source()).unwrap());
    let names: Vec<_> = names
        .map(|name| name.to_str().unwrap().replace('\\', "/"))
        .filter(|name| !name.ends_with("tests.rs"))
        .collect();
    let modules: BTreeMap<_, _> = names.iter().map(|name| (module(name), name)).collect();
    let mut imports = Imports::new();
    for name in &names {
        let text = fs::read_to_string(source().join(name)).unwrap();
        let mut from = BTreeSet::new();
        for path in paths(&code(&text), &module(name)) {
            let parts: Vec<_> = path.split("::").filter(|part| !part.is_empty()).collect();
            let prefixes = (1..=parts.len()).rev().map(|end| parts[..end].join("::"));
            let found = prefixes.into_iter().find_map(|prefix| modules.get(&prefix));
            from.extend(
                found
                    .filter(|found| **found != name)
                    .map(|found| (*found).clone()),
            );
        }
        // A folder's own file gathers what is in it.
        let own = name.strip_suffix("mod.rs").map(str::to_owned);
        let own = own.unwrap_or_else(|| name.trim_end_matches(".rs").to_owned() + "/");
        from.retain(|file| !file.starts_with(&own));
        imports.insert(name.clone(), from);
    }
    imports
}

/// All files that a file imports from, directly or by others.
fn reached<'i>(file: &'i str, imports: &'i Imports) -> BTreeSet<&'i str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        for from in &imports[file] {
            if reached.insert(from.as_str()) {
                next.push(from);
            }
        }
    }
    reached
}

#[test]
fn no_two_files_import_each_other() {
    let imports = imports();
    assert!(imports.len() > 200, "{}", imports.len());
    let in_circles = imports
        .keys()
        .filter(|file| reached(file, &imports).contains(file.as_str()));
    // The parts of the state's format nest in each other.
    let unexpected = in_circles.filter(|file| !file.starts_with("store/file/codec/"));
    assert_eq!(unexpected.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn floors_of_the_allocator_import_downwards() {
    const FLOORS: [&str; 3] = ["allocator/model/", "allocator/policy/", "allocator/ops/"];
    let floor = |file: &str| FLOORS.iter().position(|floor| file.starts_with(floor));
    let mut seen = 0;
    for (file, from) in imports() {
        if let Some(here) = floor(&file) {
            for other in from {
                // The allocator sees nothing of the rest.
                let there = floor(&other).unwrap_or_else(|| panic!("{file} imports {other}"));
                assert!(there <= here, "{file} imports {other}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}
