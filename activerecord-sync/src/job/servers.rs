//! MySQL and MariaDB have one dialect, but each lacks some collations and types of the other.

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
        let Some(query) = connection.dialect().version_query() else { return Ok(Self::Other) };
        let rows = connection.query(query, []).await?;
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

/// Replaces collations and types that the server lacks. Returns what was replaced.
pub(super) fn translated(table: &mut TableInfo, server: Server) -> Vec<String> {
    let mut notes = types(table, server);
    let mut replace = |what: String, collation: &str| {
        let nearest = server.nearest(collation)?;
        notes.push(format!("{what}: the collation `{collation}` becomes `{nearest}`"));
        Some(nearest)
    };
    for column in &mut table.columns {
        if let Some(nearest) =
            column.collation.as_deref().and_then(|known| replace(format!("column `{}`", column.name), known))
        {
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

/// Replaces types that the server lacks. A UUID and an address become their texts.
fn types(table: &mut TableInfo, server: Server) -> Vec<String> {
    let mut notes = Vec::new();
    for column in &mut table.columns {
        let other = match (server, &*column.declared.to_lowercase()) {
            (Server::Mysql, "uuid") => "char(36)",
            (Server::Mysql, "inet6") => "varchar(45)",
            (Server::Mysql, "inet4") => "varchar(15)",
            // The same type by its other name.
            (Server::Mariadb, "geomcollection") => "geometrycollection",
            _ => continue,
        };
        notes.push(format!("column `{}`: the type `{}` becomes `{other}`", column.name, column.declared));
        (column.declared, column.default) = (other.to_owned(), None);
    }
    notes
}
