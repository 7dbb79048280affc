//! Runs the example twice in one folder. The second run must find the result of the first one, and copy only the
//! changes.

use std::path::Path;

use crate::Result;
use crate::programs::Program;
use crate::watched::watched;

/// The start of the last line of the example. The number of rows follows.
const SUMMARY: &str = "Rows copied to analytics:";

pub(crate) fn run(program: &Program) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let first = rows_copied(program, folder.path())?;
    let second = rows_copied(program, folder.path())?;
    judge(first, second)
}

/// Runs the example in `folder`, where its databases are, and returns the number of copied rows.
fn rows_copied(program: &Program, folder: &Path) -> Result<u64> {
    let (mut command, mut rows) = (program.command(), None);
    command.current_dir(folder);
    watched(command, "cross_database", |line| {
        println!("{line}");
        rows = rows_in(line).or(rows);
    })?;
    rows.ok_or_else(|| format!("the example printed no line `{SUMMARY} N`").into())
}

fn rows_in(line: &str) -> Option<u64> {
    line.trim().strip_prefix(SUMMARY)?.replace(',', "").split_whitespace().next()?.parse().ok()
}

fn judge(first: u64, second: u64) -> Result<String> {
    if 0 < second && second < first {
        Ok(format!("copied {first} rows, then {second}"))
    } else {
        Err(format!(
            "expected fewer rows in the second run than in the first one, but some; found {first}, then {second}"
        )
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_from_the_last_line_only() {
        assert_eq!(rows_in("Rows copied to analytics: 4,780 (2 tables)"), Some(4780));
        assert_eq!(rows_in("  Rows copied to analytics: 3"), Some(3));
        assert_eq!(rows_in("Rows copied to primary: 3"), None);
    }

    #[test]
    fn the_second_run_must_copy_fewer_rows_but_some() {
        assert!(judge(4780, 3).is_ok());
        assert!(judge(4780, 4780).is_err());
        assert!(judge(4780, 0).is_err());
        assert!(judge(0, 0).is_err());
    }
}
