//! How a database finds the start of its oldest transaction that can still write.

use super::precondition::{Accepts, Precondition};

/// The queries for the start of the oldest transaction that can still write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Horizon {
    /// What must hold, because the transactions of another server are invisible here.
    pub(crate) own_writers: &'static [Precondition],
    /// Selects the start, or the current time when there is no transaction. NULL: the login may not see other transactions.
    pub(crate) oldest: &'static str,
    /// The code of an error of `oldest` that lasts only as long as a statement of another session.
    pub(crate) is_busy: Option<&'static str>,
    /// Selects, in the last column of the first row, a text with one of `signs` if there is a prepared transaction whose start is
    /// unknown and that can have written to a table, whose quoted name is the placeholder. It runs after `oldest`: a
    /// transaction that is prepared in between is in both answers.
    pub(crate) in_doubt: &'static str,
    pub(crate) signs: &'static [&'static str],
}

pub(super) const POSTGRESQL: Horizon = Horizon {
    own_writers: &[STANDBY],
    // A transaction that has not written yet can still write rows with the time of its BEGIN. So every open transaction
    // counts, except that of this session.
    oldest: "SELECT CASE WHEN EXISTS (SELECT FROM pg_stat_activity WHERE query = '<insufficient privilege>') THEN NULL \
             ELSE least(clock_timestamp(), (SELECT min(xact_start) FROM pg_stat_activity WHERE pid <> pg_backend_pid())) END",
    is_busy: None,
    // `pg_prepared_xacts` has the time of the PREPARE, and nothing has the time of the BEGIN. A transaction that has written to
    // a table, or to a partition of it, keeps its lock. The lock of a prepared transaction has no process.
    in_doubt: "WITH RECURSIVE source (oid) AS (SELECT to_regclass(?)::oid \
               UNION SELECT i.inhrelid FROM pg_inherits AS i JOIN source AS s ON i.inhparent = s.oid) \
               SELECT 'prepared' FROM pg_locks AS l WHERE l.pid IS NULL AND l.locktype = 'relation' \
               AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()) \
               AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') \
               AND (l.relation IN (SELECT oid FROM source) OR NOT EXISTS (SELECT FROM pg_class AS c JOIN source AS s \
               ON s.oid = c.oid WHERE c.relkind IN ('r', 'p'))) LIMIT 1",
    signs: &["prepared"],
};

pub(super) const MYSQL: Horizon = Horizon {
    own_writers: &[READ_ONLY, REPLICATES],
    // trx_started has whole seconds, in the time zone of the server's machine. Only the abbreviation of the zone is
    // known. If it is not UTC, the largest offset of any zone is subtracted, so that the result is never too late.
    oldest: "SELECT LEAST(UTC_TIMESTAMP(6), COALESCE((SELECT MIN(trx_started) FROM information_schema.innodb_trx \
             WHERE trx_mysql_thread_id <> CONNECTION_ID()) \
             - INTERVAL IF(@@system_time_zone IN ('UTC', 'GMT', 'UCT'), 1, 50401) SECOND, UTC_TIMESTAMP(6)))",
    // On MySQL `innodb_trx` has the texts of running statements in utf8mb3. It cannot be read while a transaction runs a
    // statement with a character outside of that set, such as an emoji.
    is_busy: Some("3854"),
    // A prepared transaction has its start, but after a restart of the server it has the time of the restart. Only this text
    // tells such a transaction. Its list of transactions can be cut off.
    in_doubt: "SHOW ENGINE INNODB STATUS",
    signs: &[" recovered trx", "... truncated..."],
};

const NONE: Precondition = Precondition {
    ask: "",
    accepts: Accepts::OneOf(&[]),
    what: "",
    mend: "use its primary server",
    to_prepare: false,
    to_decide: false,
    of_session: false,
};

/// The server is a primary.
pub(super) const STANDBY: Precondition = Precondition {
    ask: "SELECT pg_is_in_recovery()::text",
    accepts: Accepts::OneOf(&["false"]),
    what: "the server is not a standby (pg_is_in_recovery)",
    ..NONE
};

/// The server accepts writes.
pub(super) const READ_ONLY: Precondition = Precondition {
    ask: "SELECT CAST(@@GLOBAL.read_only AS CHAR)",
    accepts: Accepts::OneOf(&["0", "OFF"]),
    what: "the server accepts writes (read_only)",
    mend: "use the primary server of the replica, or set read_only = OFF",
    ..NONE
};

/// The server does not replicate another one. MariaDB has a status, and MySQL a table.
const REPLICATES: Precondition = Precondition {
    ask: "SELECT COALESCE(MAX(running), '') FROM (SELECT '' AS running \
          /*M! UNION ALL SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'SLAVES_RUNNING' */ \
          /*!80000 UNION ALL SELECT service_state FROM performance_schema.replication_connection_status \
          WHERE service_state = 'ON' */) AS replication",
    accepts: Accepts::OneOf(&["", "0"]),
    what: "the server replicates no other server (SHOW REPLICA STATUS)",
    ..NONE
};
