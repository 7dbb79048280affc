//! A table is created elsewhere as it is described, and then described again.

use activerecord::TableInfo;
use activerecord::prelude::*;
use test_support::Database;

use super::described;

/// The description without the names of the table and of its schema.
fn anywhere(table: &TableInfo) -> TableInfo {
    let own = table.schema.clone();
    let mut table = table.renamed("t");
    (table.connection, table.schema) = ("".into(), None);
    let schemas = table.foreign_keys.iter_mut().map(|key| &mut key.schema);
    for schema in schemas {
        schema.take_if(|schema| own.as_ref() == Some(schema));
    }
    for column in &mut table.columns {
        if let Some(sequence) = &mut column.sequence {
            sequence.schema = None;
        }
        if let Some(labels) = &mut column.enumeration {
            labels.schema = None;
        }
    }
    table
}

#[tokio::test]
async fn a_table_is_created_elsewhere_under_another_name() -> Result<()> {
    let database = Database::new([]).await;
    let rich = database.profile().rich;
    for statement in rich.statements {
        connection(&database)?.execute(statement, []).await?;
    }
    for table in rich.tables {
        let original = described(&database, table).await?;
        assert!(original.unknown.is_empty(), "{:?}", original.unknown);
        let elsewhere = Database::new([]).await;
        let there = connection(&elsewhere)?;
        let is_other =
            |target: &&&str| original.foreign_keys.iter().any(|key| key.table == **target) && **target != *table;
        for target in rich.tables.iter().filter(is_other) {
            there.create_like(&described(&database, target).await?).await?;
        }
        there.create_like(&original.renamed("made")).await?;
        let made = described(&elsewhere, "made").await?;
        assert_eq!(anywhere(&made), anywhere(&original), "{table}");
        assert!(there.create_like(&original.renamed("made")).await.is_err(), "{table} exists");
    }
    Ok(())
}

#[tokio::test]
async fn every_clause_is_described() -> Result<()> {
    let database = Database::new([]).await;
    for statement in database.profile().rich.statements {
        connection(&database)?.execute(statement, []).await?;
    }
    let fares = described(&database, "fares").await?;
    let column = |name: &str| fares.column(name).cloned().unwrap_or_else(|| panic!("no column {name} in {fares:?}"));
    assert_eq!(fares.key, ["id"]);
    assert!(fares.numbered_key().is_some_and(|key| key.name == "id" && key.identity.is_some()));
    assert!(column("code").default.is_some_and(|default| default.contains("it")));
    assert!(column("code").collation.is_some() && !column("code").nullable);
    let generated = column("double_price").generated.unwrap_or_else(|| panic!("not computed: {fares:?}"));
    assert!(generated.stored && generated.expression.contains("price") && column("double_price").default.is_none());
    assert!(
        fares.indexes.iter().any(|index| index.name.as_deref() == Some("by_code") && index.unique && index.constraint)
    );
    let [key] = &fares.foreign_keys[..] else {
        assert_eq!(fares.foreign_keys.len(), 2, "{fares:?}");
        return Ok(());
    };
    assert_eq!((key.name.as_deref(), &*key.table), (Some("to_parents"), "parents"));
    assert_eq!(
        (&key.columns[..], &key.target[..]),
        (&["parent_b".to_owned(), "parent_a".into()][..], &["b".to_owned(), "a".into()][..])
    );
    assert!(
        fares.checks.iter().any(|check| check.name.as_deref() == Some("positive") && check.expression.contains("100"))
    );
    Ok(())
}
