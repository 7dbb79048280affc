//! A table of one database in the SQL of another.

use activerecord::TableInfo;
use activerecord::connection::ForeignKeyAction;
use activerecord::prelude::*;
use test_support::{Database, Profile};

const PARENTS: &str = "parents (id ID, name STRING)";
const FARES: &str = "fares (id ID, code VARCHAR(9) DEFAULT 'it''s' NOT NULL, price NUMERIC(10, 2) DEFAULT 7.5, \
    n I32 DEFAULT -3 NOT NULL, truth BOOL DEFAULT TRUE NOT NULL, ratio F64 DEFAULT 1.5, maybe VARCHAR(9) DEFAULT NULL, \
    parent I64, CONSTRAINT by_code UNIQUE (code, n), \
    CONSTRAINT to_parents FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE)";

async fn described(database: &Database, table: &str) -> Result<TableInfo> {
    let described = connection(database)?.describe(table).await?;
    described.ok_or_else(|| Error::invalid(format!("there is no {table}")))
}

/// Reads what the defaults have given.
async fn defaults(database: &Database) -> Result<(String, Decimal, i32, bool, f64, bool)> {
    let here = connection(database)?;
    here.execute("INSERT INTO parents (name) VALUES ('a')", []).await?;
    here.execute("INSERT INTO fares (parent) VALUES (1)", []).await?;
    let select = "SELECT code, price, n, truth, ratio, maybe IS NOT NULL FROM fares";
    let rows = here.query(select, []).await?;
    let row = rows.first().ok_or_else(|| Error::invalid("no row"))?;
    let price: Decimal = row.get(1)?;
    Ok((row.get(0)?, price.normalize(), row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

#[tokio::test]
async fn a_portable_table_loses_nothing() -> Result<()> {
    for source in Profile::all() {
        let from = Database::on(source, &[PARENTS, FARES]).await?;
        connection(&from)?.execute("CREATE INDEX by_price ON fares (price DESC, n)", []).await?;
        let expected = defaults(&from).await?;
        for target in Profile::all() {
            let pair = format!("from {} to {}", source.name(), target.name());
            let to = Database::on(target, &[PARENTS]).await?;
            let there = connection(&to)?;
            let original = described(&from, "fares").await?;
            if original.dialect == there.dialect() && source.name() != target.name() {
                // MySQL and MariaDB share a dialect, but do not know each other's collations.
                continue;
            }
            let translated = original.translated(there.dialect())?;
            // The collation of a server is known to itself only.
            let lost: Vec<_> = translated.left_out.iter().filter(|lost| lost.what != "collation").collect();
            assert!(lost.is_empty(), "{pair}: {lost:?}");
            there.create_like(&translated.table).await?;
            assert_eq!(defaults(&to).await?, expected, "{pair}");
            let made = described(&to, "fares").await?;
            assert!(made.numbered_key().is_some_and(|key| key.name == "id"), "{pair}: {made:?}");
            let [key] = &made.foreign_keys[..] else { panic!("{pair}: {made:?}") };
            assert_eq!((&*key.table, key.on_delete), ("parents", ForeignKeyAction::Cascade), "{pair}");
            let by_price =
                made.indexes.iter().find(|index| index.columns().is_some_and(|names| names == ["price", "n"]));
            assert!(by_price.is_some_and(|index| index.parts[0].descending && !index.unique), "{pair}: {made:?}");
            assert!(made.unique.iter().any(|key| key.columns == ["code", "n"]), "{pair}: {made:?}");
            let sizes = &made.column("price").unwrap_or_else(|| panic!("{pair}: no price")).sizes;
            assert!(sizes.is_empty() || sizes[..] == [10, 2], "{pair}: {sizes:?}");
        }
    }
    Ok(())
}

/// What a database cannot express is listed, and the rest can be created there.
#[tokio::test]
async fn what_is_left_out_is_listed() -> Result<()> {
    for source in Profile::all() {
        let from = Database::on(source, &[]).await?;
        for statement in source.rich.statements {
            connection(&from)?.execute(statement, []).await?;
        }
        for target in Profile::all() {
            let to = Database::on(target, &[]).await?;
            let there = connection(&to)?;
            for table in source.rich.tables {
                let pair = format!("{table} from {} to {}", source.name(), target.name());
                let original = described(&from, table).await?;
                let is_same = original.dialect == there.dialect();
                let translated = match original.translated(there.dialect()) {
                    Err(error) => {
                        let said = error.to_string();
                        assert!(
                            error.is_unsupported() && said.contains(table) && said.contains(&*from),
                            "{pair}: {said}"
                        );
                        continue;
                    }
                    Ok(translated) => translated,
                };
                let has = |what: &str, name: &str| {
                    translated.left_out.iter().any(|lost| lost.what == what && lost.name.contains(name))
                };
                if *table == "fares" && !is_same {
                    assert!(has("computation", "double_price") && has("check", "positive"), "{pair}: {translated:?}");
                    let error = translated.clone().complete().expect_err("some is left out");
                    assert!(error.is_unsupported() && error.to_string().contains("double_price"), "{pair}: {error}");
                }
                if is_same {
                    assert_eq!(translated.table, original, "{pair}");
                } else {
                    there.create_like(&translated.table).await.map_err(|error| error.context(&pair))?;
                    let made = described(&to, table).await?;
                    assert_eq!(made.key, original.key, "{pair}");
                    assert_eq!(made.columns.len(), original.columns.len(), "{pair}");
                }
            }
        }
    }
    Ok(())
}
