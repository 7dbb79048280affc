//! What the macros and the types say about mistakes: one case each, in folders by the kind of mistake.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    for folder in folders() {
        cases.compile_fail(folder.join("*.rs"));
    }
}

#[test]
fn no_message_is_longer_than_a_screen() {
    let messages: Vec<_> = folders().iter().flat_map(|folder| files(folder, "stderr")).collect();
    assert!(messages.len() > 50, "only {} messages were found", messages.len());
    for path in messages {
        for message in fs::read_to_string(&path).unwrap().split("\n\n") {
            let lines = message.lines().count();
            assert!(lines < 40, "a message of {} has {lines} lines", path.display());
        }
    }
}

#[test]
fn every_case_has_its_message() {
    for folder in folders() {
        for case in files(&folder, "rs") {
            assert!(case.with_extension("stderr").exists(), "{} has no .stderr", case.display());
        }
    }
}

/// The folders of cases that must not compile.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir() && !path.ends_with("pass")).collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}
