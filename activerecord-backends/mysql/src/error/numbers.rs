//! The meaning of the error numbers. Those from 1900 to 1999 and from 4000 on differ between MySQL and MariaDB.

use activerecord_core::ErrorKind;

/// Returns the kind of an error number.
pub(super) fn kind(number: u16, state: &str, message: &str) -> ErrorKind {
    match number {
        1022 | 1062 | 1169 | 1586 | 1859 => ErrorKind::UniqueViolation,
        1216 | 1217 | 1451 | 1452 => ErrorKind::ForeignKeyViolation,
        1048 | 1263 | 1364 => ErrorKind::NotNullViolation,
        3819 => ErrorKind::CheckViolation,
        // On MySQL this number concerns tablespaces.
        4025 if state == "23000" => ErrorKind::CheckViolation,
        // The table or the row changed after this transaction read it. 1615: the statement had to be prepared too often.
        1020 | 1412 | 1615 => ErrorKind::Serialization,
        1213 | 1614 | 3058 => ErrorKind::Deadlock,
        1205 | 1206 | 3572 => ErrorKind::Busy,
        1317 | 1969 | 3024 => ErrorKind::StatementTimeout,
        // Too many connections to the server or of the login.
        1040 | 1203 | 1226 => ErrorKind::ConnectionLost,
        1044 | 1045 | 1130 | 1142 | 1143 | 1227 | 1370 | 1410 | 1419 | 1698 | 1820 | 1862 | 1873 | 3118 | 4151 => {
            ErrorKind::PermissionDenied
        }
        1290 if message.contains("read") => ErrorKind::ReadOnly,
        1792 | 1836 => ErrorKind::ReadOnly,
        1021 | 1114 => ErrorKind::DiskFull,
        3 | 1026 | 1030 if message.contains("28") => ErrorKind::DiskFull,
        1033..=1035 | 1194 | 1195 | 1712 | 1877 => ErrorKind::Corrupt,
        1397..=1402 | 1440 | 1568 | 1613 => ErrorKind::Transaction,
        _ if ends_session(number) => ErrorKind::ConnectionLost,
        _ if is_of_data(number) => ErrorKind::Conversion,
        _ if is_of_statement(number) => ErrorKind::InvalidStatement,
        _ => ErrorKind::Database,
    }
}

/// Whether the error of a COMMIT with this number does not tell the outcome: an error without a number of its own, one of the
/// storage engine during the COMMIT, those of clients, which proxies forward, and those of the proxy `ProxySQL`.
pub(super) fn hides_outcome(number: u16) -> bool {
    matches!(number, 1105 | 1180 | 2000..=2999 | 9000..=9999)
}

/// Whether the error concerns a value.
fn is_of_data(number: u16) -> bool {
    matches!(
        number,
        1153 | 1264
            | 1265
            | 1292
            | 1300
            | 1301
            | 1365
            | 1366
            | 1367
            | 1406
            | 1411
            | 1416
            | 1441
            | 1525
            | 1526
            | 1690
            | 3140
            | 3141
            | 3144
            | 3156
    )
}

/// Whether the error concerns the statement: its syntax, or a name that does not exist.
fn is_of_statement(number: u16) -> bool {
    const ALONE: [u16; 26] = [
        1046, 1049, 1072, 1091, 1093, 1096, 1101, 1103, 1107, 1109, 1136, 1140, 1146, 1149, 1210, 1235, 1239, 1241,
        1247, 1248, 1295, 1304, 1305, 1318, 1353, 4002,
    ];
    matches!(number, 1050..=1061 | 1063..=1071 | 1110..=1113 | 1221 | 1222 | 1327 | 1582 | 1584 | 1630)
        || ALONE.contains(&number)
}

/// Whether the session or the server has ended, or the server does not know the session's prepared statements, which
/// happens when a proxy switches to another server.
pub(crate) fn ends_session(number: u16) -> bool {
    matches!(
        number,
        1043 | 1047 | 1053 | 1077 | 1079 | 1080 | 1129 | 1152 | 1156
            ..=1161 | 1184 | 1243 | 1927 | 2006 | 2013 | 3032 | 4031
    )
}

/// Whether the server has rolled back the whole transaction, so that the next statement would commit by itself. Unclear
/// cases count as rolled back, because the caller can repeat the transaction.
pub(crate) fn ends_transaction(number: u16, timeout_ends_transaction: bool) -> bool {
    matches!(number, 1020 | 1206 | 1213 | 1402 | 1613 | 1614) || (number == 1205 && timeout_ends_transaction)
}

/// Returns the constraint, key or column that a message names.
pub(super) fn constraint(number: u16, message: &str) -> Option<String> {
    let name = match number {
        // Duplicate entry 'x' for key 'users.email': the value can contain anything, the key comes last. MariaDB omits the
        // table.
        1062 | 1586 | 1859 => message.rsplit_once(" for key ").and_then(|(_, key)| key.rsplit('.').next())?,
        1022 => message.rsplit_once("table ").map(|(_, table)| table)?,
        1451 | 1452 => between(message, "CONSTRAINT `", "`")?,
        1048 => between(message, "Column '", "'")?,
        1364 => between(message, "Field '", "'")?,
        3819 => between(message, "constraint '", "'")?,
        4025 => between(message, "CONSTRAINT `", "` failed")?,
        _ => return None,
    };
    Some(name.trim_matches(['\'', '`']).to_owned())
}

fn between<'m>(message: &'m str, before: &str, after: &str) -> Option<&'m str> {
    message.split_once(before)?.1.split_once(after).map(|(name, _)| name)
}

/// Returns the message: the server's, if it quotes no value, with what the user can do about the error.
pub(super) fn explain(number: u16, message: &str, constraint: Option<&str>) -> String {
    match number {
        1022 | 1062 | 1586 | 1859 => match constraint {
            Some(constraint) => format!("another row already has this value of the unique key `{constraint}`"),
            None => "another row already has this value of a unique key".to_owned(),
        },
        1264 | 1265 | 1292 | 1366 | 1367 | 1406 | 1411 | 1525 | 1526 | 1300 | 1690 => refused(number, message),
        _ => match hint(number) {
            Some(hint) => format!("{message}; {hint}"),
            None => message.to_owned(),
        },
    }
}

/// Describes a refused value without quoting it.
fn refused(number: u16, message: &str) -> String {
    let what = match number {
        1264 | 1690 => "a number is out of range",
        1265 => "a value would be truncated, or is not one of the column's values",
        1292 | 1411 | 1525 => "a value is not a valid date, time or number",
        1300 => "a text contains characters outside its character set",
        1406 => "a value is too long",
        1526 => "the table has no partition for a value",
        _ => "a value does not fit its type",
    };
    match column(message) {
        Some(column) => format!("{what}: column `{column}`"),
        None => what.to_owned(),
    }
}

/// Returns the column that a message names: `.. for column 'n' at row 1`, or `` .. for column `db`.`t`.`n` at row 1 ``. The value,
/// which can contain anything, comes before.
fn column(message: &str) -> Option<String> {
    let (_, rest) = message.rsplit_once(" for column ")?;
    let (name, _) = rest.rsplit_once(" at row ")?;
    Some(name.rsplit('.').next().unwrap_or(name).trim_matches(['\'', '`']).to_owned())
}

fn hint(number: u16) -> Option<&'static str> {
    Some(match number {
        1020 => "another transaction changed the row: run the transaction again",
        1021 | 1114 => "free some space on the server's disk, or raise the limit of the table",
        1040 => "raise the server's max_connections, or use smaller pools",
        1153 => "raise the server's max_allowed_packet",
        1203 | 1226 => "the login has a limit: use a smaller pool, or raise the limit",
        1205 => "another transaction holds the lock: keep transactions short, or raise lock_timeout",
        1206 => "the transaction locks more rows than the server's lock table can hold",
        1213 => "the server rolled the transaction back: run it again",
        1461 => "lower statement_cache_capacity, or raise the server's max_prepared_stmt_count",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(number: u16, message: &str) -> String {
        explain(number, message, constraint(number, message).as_deref())
    }

    #[test]
    fn names_in_messages() {
        for (number, message, name) in [
            (1062, "Duplicate entry 'a' for key 'users.email'", "email"),
            (1062, "Duplicate entry 'x' for key 'y'' for key 'PRIMARY'", "PRIMARY"),
            (1452, "a foreign key constraint fails (`d`.`t`, CONSTRAINT `fk_1` FOREIGN KEY (`a`))", "fk_1"),
            (1048, "Column 'name' cannot be null", "name"),
            (1364, "Field 'name' doesn't have a default value", "name"),
            (3819, "Check constraint 'positive' is violated.", "positive"),
            (4025, "CONSTRAINT `t.n` failed for `d`.`t`", "t.n"),
        ] {
            assert_eq!(constraint(number, message).as_deref(), Some(name), "{message}");
        }
        assert_eq!(constraint(1213, "Deadlock found"), None);
    }

    #[test]
    fn values_are_not_repeated() {
        for (number, message) in [
            (1062, "Duplicate entry 'secret' for key 'users.email'"),
            (1366, "Incorrect integer value: 'secret' for column `d`.`t`.`n` at row 1"),
            (1366, "Incorrect integer value: 'secret for column 'x' at row 2' for column 'n' at row 1"),
            (1292, "Truncated incorrect DOUBLE value: 'secret'"),
            (1526, "Table has no partition for value secret"),
        ] {
            assert!(!explained(number, message).contains("secret"), "{message}");
        }
        assert!(explained(1366, "Incorrect integer value: 'x' for column `d`.`t`.`n` at row 1").contains("`n`"));
    }
}
