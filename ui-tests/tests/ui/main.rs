//! The compile errors of common mistakes. Each kind of mistake has a folder. Each mistake is a program, next to a file
//! with the messages of the compiler. `pass` has tests with code that compiles.

use std::path::{Path, PathBuf};
use std::{fs, io};

mod pass;

#[test]
fn mistakes_have_the_expected_messages() -> io::Result<()> {
    let cases = trybuild::TestCases::new();
    kinds()?.iter().for_each(|kind| cases.compile_fail(kind.join("*.rs")));
    Ok(())
}

#[test]
fn no_message_is_longer_than_a_screen() -> io::Result<()> {
    let messages = files("stderr")?;
    assert!(messages.len() > 80, "only {} files were found", messages.len());
    for path in messages {
        for message in fs::read_to_string(&path)?.split("\n\n") {
            let lines = message.lines().count();
            assert!(lines < 40, "a message of {} has {lines} lines", path.display());
        }
    }
    Ok(())
}

#[test]
fn every_mistake_has_a_message() -> io::Result<()> {
    let without: Vec<_> = files("rs")?.into_iter().filter(|case| !case.with_extension("stderr").exists()).collect();
    assert_eq!(without, [] as [PathBuf; 0]);
    Ok(())
}

/// Returns the folders of the programs that must not compile.
fn kinds() -> io::Result<Vec<PathBuf>> {
    let entries = entries(Path::new("tests/ui"))?;
    Ok(entries.into_iter().filter(|path| path.is_dir() && !path.ends_with("pass")).collect())
}

/// Returns the files in these folders with this extension.
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
