//! What the macros and the types say about mistakes: a folder for each kind of mistake, a program for each mistake, and beside
//! it what the compiler says. What compiles is in `pass`, as tests.

use std::path::{Path, PathBuf};
use std::{fs, io};

mod pass;

#[test]
fn mistakes_are_told() -> io::Result<()> {
    let cases = trybuild::TestCases::new();
    kinds()?.iter().for_each(|kind| cases.compile_fail(kind.join("*.rs")));
    Ok(())
}

#[test]
fn no_message_is_longer_than_a_screen() -> io::Result<()> {
    let told = files("stderr")?;
    assert!(told.len() > 80, "only {} were found", told.len());
    for path in told {
        for message in fs::read_to_string(&path)?.split("\n\n") {
            let lines = message.lines().count();
            assert!(lines < 40, "a message of {} has {lines} lines", path.display());
        }
    }
    Ok(())
}

#[test]
fn every_mistake_has_its_message() -> io::Result<()> {
    let silent: Vec<_> = files("rs")?.into_iter().filter(|case| !case.with_extension("stderr").exists()).collect();
    assert_eq!(silent, [] as [PathBuf; 0]);
    Ok(())
}

/// The folders of programs that must not compile.
fn kinds() -> io::Result<Vec<PathBuf>> {
    let entries = entries(Path::new("tests/ui"))?;
    Ok(entries.into_iter().filter(|path| path.is_dir() && !path.ends_with("pass")).collect())
}

/// What is in these folders and has this extension.
fn files(extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for kind in kinds()? {
        files.extend(
            entries(&kind)?.into_iter().filter(|path| path.extension().is_some_and(|found| found == extension)),
        );
    }
    Ok(files)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}
