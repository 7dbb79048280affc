//! What a statement uses. SQLite tells its authorizer while it compiles, also about views and triggers, which the text of
//! the statement does not show.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// What the statements compiled since the last [`take`](Collector::take) use.
#[derive(Debug)]
pub(super) struct Collector(Arc<AtomicU8>);

/// What one statement uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses(u8);

/// `count`, or the deletion of rows: SQLite counts or deletes all rows of a table in one instruction.
const WHOLE_TABLES: u8 = 1;
/// A function whose result may differ in a second run: of randomness, of the current time, of the session.
const CHANGING: u8 = 2;
/// A function of dates, in the text of the statement itself: of the current time if the text says `'now'`.
const DATES: u8 = 4;
const PRAGMA: u8 = 8;

impl Uses {
    /// Whether one instruction may concern all rows of a table.
    pub(crate) fn whole_tables(self) -> bool {
        self.0 & WHOLE_TABLES != 0
    }

    /// Whether a second run may return other rows of the same data.
    pub(crate) fn changing_functions(self) -> bool {
        self.0 & CHANGING != 0
    }

    /// Whether an argument can make a function return the current time.
    pub(crate) fn dates(self) -> bool {
        self.0 & DATES != 0
    }

    pub(crate) fn pragma(self) -> bool {
        self.0 & PRAGMA != 0
    }

    fn of(context: &AuthContext<'_>) -> u8 {
        match context.action {
            AuthAction::Delete { .. } => WHOLE_TABLES,
            AuthAction::Pragma { .. } => PRAGMA,
            // In a view, the argument `'now'` is not in the text of the statement.
            AuthAction::Function { function_name } => match function(function_name) {
                DATES if context.accessor.is_some() => CHANGING,
                uses => uses,
            },
            _ => 0,
        }
    }
}

fn function(name: &str) -> u8 {
    const COUNTS: [&str; 1] = ["count"];
    const CHANGES: [&str; 8] = [
        "random",
        "randomblob",
        "current_time",
        "current_date",
        "current_timestamp",
        "changes",
        "total_changes",
        "last_insert_rowid",
    ];
    const OF_DATES: [&str; 7] = ["date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"];
    let is_one_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match () {
        () if is_one_of(&COUNTS) => WHOLE_TABLES,
        () if is_one_of(&CHANGES) => CHANGING,
        () if is_one_of(&OF_DATES) => DATES,
        () => 0,
    }
}

impl Collector {
    /// Collects from now on.
    pub(super) fn install(connection: &Connection) -> Self {
        let collector = Self(Arc::default());
        let uses = Arc::clone(&collector.0);
        // It fails only for a connection that somebody else owns.
        let _ = connection.authorizer(Some(move |context: AuthContext<'_>| {
            uses.fetch_or(Uses::of(&context), Ordering::Relaxed);
            Authorization::Allow
        }));
        collector
    }

    pub(super) fn take(&self) -> Uses {
        Uses(self.0.swap(0, Ordering::Relaxed))
    }
}
