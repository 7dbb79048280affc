//! The meaning of the databases' errors when a branch is prepared or ended, by their own codes. `ErrorKind` does not
//! distinguish them.

use activerecord_core::Error;

/// The meaning of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// No such prepared branch, or its preparing connection is still open. The mark and the list of prepared branches
    /// tell which.
    NotFound,
    /// Temporary: retry.
    Busy,
    /// This login may not end the branch.
    Denied,
    /// The branch is rolled back, or can only be rolled back.
    RolledBack,
    /// The transaction used a feature that cannot be prepared.
    Unpreparable,
    /// The limit of prepared transactions is reached, or they are disabled.
    Limit,
    /// Another error. The branch is unchanged.
    Other,
}

/// The code, its meaning for PREPARE, and its meaning for COMMIT PREPARED and ROLLBACK PREPARED.
const REPLIES: &[(&str, Reply, Reply)] = &[
    // PostgreSQL
    ("42704", Reply::Other, Reply::NotFound),
    ("55000", Reply::Limit, Reply::Busy),
    ("42501", Reply::Denied, Reply::Denied),
    ("53200", Reply::Limit, Reply::Busy),
    ("0A000", Reply::Unpreparable, Reply::Other),
    ("42710", Reply::Unpreparable, Reply::Other),
    // MySQL and MariaDB
    ("1397", Reply::RolledBack, Reply::NotFound),
    ("1398", Reply::Unpreparable, Reply::Other),
    ("1399", Reply::RolledBack, Reply::Busy),
    ("1401", Reply::Denied, Reply::Denied),
    ("1402", Reply::RolledBack, Reply::RolledBack),
    ("1440", Reply::Unpreparable, Reply::Other),
    ("1613", Reply::RolledBack, Reply::RolledBack),
    ("1614", Reply::RolledBack, Reply::RolledBack),
];

impl Reply {
    /// The meaning of an error of PREPARE.
    pub(super) fn to_prepare(error: &Error) -> Self {
        Self::of(error).map_or(Self::Other, |(prepare, _)| prepare)
    }

    /// The meaning of an error of COMMIT PREPARED or ROLLBACK PREPARED.
    pub(super) fn to_end(error: &Error) -> Self {
        Self::of(error).map_or(Self::Other, |(_, end)| end)
    }

    fn of(error: &Error) -> Option<(Self, Self)> {
        let code = error.code()?;
        REPLIES.iter().find(|(known, _, _)| *known == code).map(|(_, prepare, end)| (*prepare, *end))
    }

    /// What the user can do about it.
    pub(super) fn hint(self) -> Option<&'static str> {
        match self {
            Self::Unpreparable => Some(
                "the transaction used a feature that cannot be prepared: on PostgreSQL NOTIFY, temporary tables, cursors WITH \
                 HOLD and exported snapshots; use them in another transaction",
            ),
            Self::Limit => Some(
                "the limit of prepared transactions is reached: set max_prepared_transactions to at least max_connections and \
                 restart the server, or recover the ones in doubt (TwoPhase::recover)",
            ),
            Self::Denied => Some("only the login that prepared a branch, or a superuser, can end it"),
            Self::RolledBack => Some("the database rolled the branch back, for example after a deadlock"),
            Self::NotFound | Self::Busy | Self::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use activerecord_core::ErrorKind;

    use super::*;

    #[test]
    fn every_code_has_its_meaning() {
        let reply = |code: &str| {
            let error = Error::new(ErrorKind::Database, "refused").with_code(code);
            (Reply::to_prepare(&error), Reply::to_end(&error))
        };
        assert_eq!(reply("42704"), (Reply::Other, Reply::NotFound));
        assert_eq!(reply("55000"), (Reply::Limit, Reply::Busy));
        assert_eq!(reply("0A000"), (Reply::Unpreparable, Reply::Other));
        assert_eq!(reply("1397"), (Reply::RolledBack, Reply::NotFound));
        assert_eq!(reply("1614"), (Reply::RolledBack, Reply::RolledBack));
        assert_eq!(reply("99999"), (Reply::Other, Reply::Other));
        let mut codes: Vec<_> = REPLIES.iter().map(|(code, _, _)| code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), REPLIES.len());
    }
}
