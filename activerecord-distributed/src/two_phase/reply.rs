//! What databases reply when a branch is prepared or ended, and what it means: by their own codes, since their kinds do not
//! tell these apart.

use activerecord_core::Error;

/// What a reply means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// There is no such prepared branch, or it still belongs to an open connection: the marker and the list of prepared
    /// branches tell which.
    NotThere,
    /// Not now: again, soon.
    Busy,
    /// Another login has to do it.
    Denied,
    /// The branch can only be rolled back, or is.
    RolledBack,
    /// The transaction has used what cannot be prepared.
    Unpreparable,
    /// There is no room for another prepared transaction, or they are switched off.
    Limit,
    /// Nothing that is known: the branch is as it was.
    Other,
}

/// By code, when it is prepared, and when it is ended: what the reply means.
const REPLIES: &[(&str, Reply, Reply)] = &[
    // PostgreSQL
    ("42704", Reply::Other, Reply::NotThere),
    ("55000", Reply::Limit, Reply::Busy),
    ("42501", Reply::Denied, Reply::Denied),
    ("53200", Reply::Limit, Reply::Busy),
    ("0A000", Reply::Unpreparable, Reply::Other),
    ("42710", Reply::Unpreparable, Reply::Other),
    // MySQL and MariaDB
    ("1397", Reply::RolledBack, Reply::NotThere),
    ("1398", Reply::Unpreparable, Reply::Other),
    ("1399", Reply::RolledBack, Reply::Busy),
    ("1401", Reply::Denied, Reply::Denied),
    ("1402", Reply::RolledBack, Reply::RolledBack),
    ("1440", Reply::Unpreparable, Reply::Other),
    ("1613", Reply::RolledBack, Reply::RolledBack),
    ("1614", Reply::RolledBack, Reply::RolledBack),
];

impl Reply {
    /// What an error of PREPARE means.
    pub(super) fn to_prepare(error: &Error) -> Self {
        Self::of(error).map_or(Self::Other, |(prepare, _)| prepare)
    }

    /// What an error of COMMIT PREPARED or ROLLBACK PREPARED means.
    pub(super) fn to_end(error: &Error) -> Self {
        Self::of(error).map_or(Self::Other, |(_, end)| end)
    }

    fn of(error: &Error) -> Option<(Self, Self)> {
        let code = error.code()?;
        REPLIES.iter().find(|(known, _, _)| *known == code).map(|(_, prepare, end)| (*prepare, *end))
    }

    /// What to do about it.
    pub(super) fn hint(self) -> Option<&'static str> {
        match self {
            Self::Unpreparable => Some(
                "the transaction used what cannot be prepared: on PostgreSQL NOTIFY, temporary tables, cursors WITH HOLD and \
                 exported snapshots; leave them out of it",
            ),
            Self::Limit => Some(
                "there is no room for another prepared transaction: set max_prepared_transactions to at least max_connections \
                 and restart the server, or recover those that are left (TwoPhase::in_doubt)",
            ),
            Self::Denied => Some("a prepared branch is ended by the login that prepared it, or by a superuser"),
            Self::RolledBack => Some("the database has rolled the branch back on its own, as after a deadlock"),
            Self::NotThere | Self::Busy | Self::Other => None,
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
        assert_eq!(reply("42704"), (Reply::Other, Reply::NotThere));
        assert_eq!(reply("55000"), (Reply::Limit, Reply::Busy));
        assert_eq!(reply("0A000"), (Reply::Unpreparable, Reply::Other));
        assert_eq!(reply("1397"), (Reply::RolledBack, Reply::NotThere));
        assert_eq!(reply("1614"), (Reply::RolledBack, Reply::RolledBack));
        assert_eq!(reply("99999"), (Reply::Other, Reply::Other));
        let mut codes: Vec<_> = REPLIES.iter().map(|(code, _, _)| code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), REPLIES.len());
    }
}
