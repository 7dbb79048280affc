//! Hostile texts are answered. Alone in its process, so that the measured memory is that of the parsers.

use std::time::Duration;

use fuzz::texts::run;

/// A run of hours needs no more memory than one of seconds.
const MOST_MIB: u64 = 512;

#[test]
fn hostile_texts_are_answered() {
    let report = run(1, Duration::from_secs(5)).unwrap_or_else(|error| panic!("{error}"));
    println!("{report:?}");
    assert!(report.texts > 100, "{report:?}");
    assert!(report.peak.is_none_or(|kib| kib < MOST_MIB << 10), "{report:?}");
}
