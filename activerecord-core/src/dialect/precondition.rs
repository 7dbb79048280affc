//! The settings that a database needs so that a transaction across databases survives a crash, and its identity.

/// A setting and its accepted values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Precondition {
    /// Selects the setting: one row, whose last column is the value. Without a row, the value is empty.
    pub(crate) ask: &'static str,
    /// The accepted values.
    pub(crate) accepts: Accepts,
    /// The requirement.
    pub(crate) what: &'static str,
    /// How to correct the setting.
    pub(crate) mend: &'static str,
    /// Whether only a participant that is prepared needs it, and not the deciding database.
    pub(crate) to_prepare: bool,
    /// Whether only the deciding database needs it, and not a participant that is prepared.
    pub(crate) to_decide: bool,
    /// Whether the setting belongs to the session, so that every transaction checks it.
    pub(crate) of_session: bool,
}

/// The accepted values of a setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// One of these values.
    OneOf(&'static [&'static str]),
    /// Any value but this one.
    AnyBut(&'static str),
}

impl Precondition {
    pub(crate) fn is_met_by(&self, value: &str) -> bool {
        match self.accepts {
            Accepts::OneOf(values) => values.contains(&value),
            Accepts::AnyBut(other) => value != other,
        }
    }
}

/// How a database tells its identity: what distinguishes it from a copy with the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Select the identity of the server: the last column of the first row. The first query with a row counts.
    pub(crate) server: &'static [&'static str],
    /// Selects the identity of the database in its server.
    pub(crate) database: &'static str,
    /// Whether `database` selects the path of a file. Then the file is identified, under any path.
    pub(crate) is_file: bool,
}

#[cfg(test)]
mod tests {
    use super::super::{MYSQL, POSTGRESQL};
    use super::*;

    fn found<'d>(preconditions: &'d [Precondition], setting: &str) -> &'d Precondition {
        preconditions.iter().find(|one| one.what.contains(setting)).unwrap()
    }

    /// No server of the tests is a group with several primaries, so its answer is tested here.
    #[test]
    fn only_one_server_may_decide() {
        let group = found(MYSQL.preconditions, "group_replication_single_primary_mode");
        assert!(group.to_decide && !group.to_prepare);
        assert_eq!(["", "ON", "OFF"].map(|value| group.is_met_by(value)), [true, true, false]);
        let galera = found(MYSQL.preconditions, "wsrep_on");
        assert!(galera.to_decide && !galera.to_prepare);
        assert_eq!(["", "OFF", "ON"].map(|value| galera.is_met_by(value)), [true, true, false]);
    }

    #[test]
    fn a_replica_neither_decides_nor_is_prepared() {
        for (precondition, met, unmet) in [
            (found(POSTGRESQL.preconditions, "pg_is_in_recovery"), "false", "true"),
            (found(MYSQL.preconditions, "(read_only)"), "0", "1"),
        ] {
            assert!(!precondition.to_decide && !precondition.to_prepare);
            assert!(precondition.is_met_by(met) && !precondition.is_met_by(unmet));
        }
    }
}
