//! What the macros and the types say about mistakes: a folder for each kind of mistake, a program for each mistake, and beside
//! it what the compiler says. What compiles is in `pass`, as tests.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "ui/pass/attributes.rs"]
mod attributes;
#[path = "ui/pass/composite_key.rs"]
mod composite_key;
#[path = "ui/pass/enumeration.rs"]
mod enumeration;
#[path = "ui/pass/names.rs"]
mod names;
#[path = "ui/pass/projection.rs"]
mod projection;
#[path = "ui/pass/renamed_crate.rs"]
mod renamed_crate;
#[path = "ui/pass/surroundings.rs"]
mod surroundings;
#[path = "ui/pass/uuid_key.rs"]
mod uuid_key;

#[test]
fn mistakes_are_told() {
    let cases = trybuild::TestCases::new();
    for kind in kinds() {
        cases.compile_fail(kind.join("*.rs"));
    }
}

#[test]
fn no_message_is_longer_than_a_screen() {
    let told: Vec<_> = kinds().iter().flat_map(|kind| files(kind, "stderr")).collect();
    assert!(told.len() > 80, "only {} were found", told.len());
    for path in told {
        for message in fs::read_to_string(&path).unwrap().split("\n\n") {
            let lines = message.lines().count();
            assert!(lines < 40, "a message of {} has {lines} lines", path.display());
        }
    }
}

#[test]
fn every_mistake_has_its_message() {
    for kind in kinds() {
        for case in files(&kind, "rs") {
            assert!(case.with_extension("stderr").exists(), "{} has no .stderr", case.display());
        }
    }
}

/// The folders of programs that must not compile.
fn kinds() -> Vec<PathBuf> {
    let entries = fs::read_dir("tests/ui").unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir() && !path.ends_with("pass")).collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}
