//! The collations of MySQL and MariaDB. Each server lacks some of the other's.

use activerecord_core::{ConnectionHandle, Result, TableInfo};

/// The program behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Mysql,
    Mariadb,
    Other,
}

impl Server {
    pub(super) async fn of(connection: &ConnectionHandle) -> Result<Self> {
        if connection.dialect().name() != "mysql" {
            return Ok(Self::Other);
        }
        let rows = connection.query("SELECT VERSION()", []).await?;
        let version: String = rows.first().map_or_else(|| Ok(String::new()), |row| row.get(0))?;
        Ok(if version.contains("MariaDB") { Self::Mariadb } else { Self::Mysql })
    }

    /// The collation that compares texts character by character, with the blanks at their end.
    pub(super) fn exact_collation(self) -> Option<&'static str> {
        match self {
            Self::Mysql => Some("utf8mb4_0900_bin"),
            Self::Mariadb => Some("utf8mb4_nopad_bin"),
            Self::Other => None,
        }
    }

    /// The collation of this server that is nearest to the one of the other server. None: both servers have it.
    fn nearest(self, collation: &str) -> Option<&'static str> {
        let has = |part: &str| collation.contains(part);
        match self {
            Self::Mariadb if collation == "utf8mb4_0900_bin" => Some("utf8mb4_nopad_bin"),
            Self::Mariadb if has("_0900_") && has("_as_cs") => Some("utf8mb4_uca1400_nopad_as_cs"),
            Self::Mariadb if has("_0900_") && has("_as_ci") => Some("utf8mb4_uca1400_nopad_as_ci"),
            Self::Mariadb if has("_0900_") => Some("utf8mb4_uca1400_nopad_ai_ci"),
            Self::Mysql if has("_nopad_bin") => Some("utf8mb4_0900_bin"),
            Self::Mysql if has("uca1400_") && has("_as_cs") => Some("utf8mb4_0900_as_cs"),
            Self::Mysql if has("uca1400_") && has("_as_ci") => Some("utf8mb4_0900_as_ci"),
            Self::Mysql if has("uca1400_") || has("_nopad_ci") => Some("utf8mb4_0900_ai_ci"),
            _ => None,
        }
    }
}

/// Replaces collations that the server lacks. Returns what was replaced.
pub(super) fn translated(table: &mut TableInfo, server: Server) -> Vec<String> {
    let mut notes = Vec::new();
    let mut replace = |what: String, collation: &str| {
        let nearest = server.nearest(collation)?;
        notes.push(format!("{what}: the collation `{collation}` becomes `{nearest}`"));
        Some(nearest)
    };
    for column in &mut table.columns {
        if let Some(nearest) = column.collation.as_deref().and_then(|known| replace(format!("column `{}`", column.name), known)) {
            column.collation = Some(nearest.to_owned());
        }
    }
    const WORD: &str = "COLLATE = ";
    if let Some(options) = &mut table.options
        && let Some(start) = options.find(WORD).map(|start| start + WORD.len())
    {
        let end = options[start..].find(' ').map_or(options.len(), |length| start + length);
        if let Some(nearest) = replace("the table".to_owned(), &options[start..end]) {
            options.replace_range(start..end, nearest);
        }
    }
    notes
}
