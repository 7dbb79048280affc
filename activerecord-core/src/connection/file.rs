//! The identity of a database file.

use std::fs;
use std::time::UNIX_EPOCH;

/// Returns a text that the file has under each of its paths, and that a copy of it does not have: its number in the file
/// system, and the time of its creation, because a number is used again. Where the system has neither, the path.
pub(super) fn identity(path: &str) -> String {
    let Ok(metadata) = fs::metadata(path) else { return path.to_owned() };
    let Some(number) = number(&metadata) else { return path.to_owned() };
    let created = metadata.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{number}/{}", created.map(|since| since.as_nanos()).unwrap_or_default())
}

#[cfg(unix)]
fn number(metadata: &fs::Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(metadata))
}

#[cfg(not(unix))]
fn number(_: &fs::Metadata) -> Option<u64> {
    None
}
