//! The protocols by a login that may only read and write rows, on tables made from the SQL that the library prints.

use activerecord::outbox::Task;
use activerecord::prelude::*;
use activerecord::saga::{Sagas, StepContext};
use activerecord::tables;

use super::workers::{Effect, eager};
use test_support::Database;

const EFFECTS: &str = "effects (id ID, task I64 NOT NULL)";

/// A login that may only read and write rows of the library's tables and of `effects`.
struct Lesser<'d> {
    database: &'d Database,
    login: String,
    /// The name of its connection.
    name: String,
}

impl<'d> Lesser<'d> {
    /// None: the database has no logins.
    async fn on(database: &'d Database) -> Result<Option<Self>> {
        let admin = connection(database)?;
        let login = format!("lesser_{}", fastrand::u32(..));
        let grant = |table: &str| admin.grant_rows_sql(table, &login);
        if grant("effects")?.is_none() {
            return Ok(None);
        }
        let created = match admin.dialect().name() {
            "postgresql" => vec![
                format!("CREATE ROLE {login} LOGIN PASSWORD 'lesser'"),
                format!("DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {login}', current_schema()); END $$"),
            ],
            _ => vec![format!("CREATE USER '{login}'@'%' IDENTIFIED BY 'lesser'")],
        };
        let mut statements = created;
        for table in tables::definitions() {
            statements.extend(admin.create_table_sql(&table)?);
            statements.extend(grant(&table.table)?);
        }
        statements.extend(grant("effects")?);
        for statement in statements {
            admin.execute(&statement, []).await?;
        }
        let name = database.alias("lesser", |config| config.username(&*login).password("lesser"))?;
        Ok(Some(Self { database, login, name }))
    }

    async fn drop(self) -> Result<()> {
        let admin = connection(self.database)?;
        let statements = match admin.dialect().name() {
            "postgresql" => vec![format!("DROP OWNED BY {}", self.login), format!("DROP ROLE {}", self.login)],
            _ => vec![format!("DROP USER '{}'@'%'", self.login)],
        };
        ConnectionManager::remove(&self.name).await?;
        for statement in statements {
            admin.execute(&statement, []).await?;
        }
        Ok(())
    }
}

async fn effect(name: &str, task: i64) -> Result<i64> {
    Effect::with_connection(name, async || Effect::create(Effect { id: 0, task }).await).await.map(|effect| effect.task)
}

#[tokio::test]
async fn the_protocols_need_no_right_to_create() -> Result<()> {
    let (one, other) = (Database::new([EFFECTS]).await, Database::new([EFFECTS]).await);
    let (Some(first), Some(second)) = (Lesser::on(&one).await?, Lesser::on(&other).await?) else { return Ok(()) };
    let create = connection(&first.name)?.execute("CREATE TABLE forbidden (id BIGINT)", []).await;
    assert!(create.is_err_and(|error| error.kind() == activerecord::ErrorKind::PermissionDenied));

    with_connection(&first.name, async || Outbox::enqueue_all("mail", 0..20_i64).await).await?;
    let worker = || {
        let name = first.name.clone();
        eager(&first.name).batch(3).handle("mail", async move |task: Task<i64>| {
            let number = *task.payload();
            task.once(&name, async || effect(&name, number).await).await.map(drop)
        })
    };
    let (here, there) = tokio::try_join!(worker().run_once(), worker().run_once())?;
    assert_eq!(here + there, 20);

    let (log, step) = (first.name.clone(), second.name.clone());
    let saga = Saga::new("lesser").log_on(&log).step_on(
        &second.name,
        "effect",
        async move |context: &StepContext| effect(&step, context.input()?).await,
        async |_: &StepContext, _: i64| Ok(()),
    );
    saga.run(&20).await?;
    assert_eq!(Sagas::on(&log).list(None, 9).await?.len(), 1);

    two_phase([&*first.name, &*second.name], async || {
        effect(&first.name, 21).await?;
        effect(&second.name, 21).await.map(drop)
    })
    .await?;
    let count = async |name: &str| Effect::using(name).count().await;
    assert_eq!((count(&first.name).await?, count(&second.name).await?), (21, 2));
    first.drop().await?;
    second.drop().await
}

/// A login that may not create them is told how to get them.
#[tokio::test]
async fn missing_tables_are_named_with_the_command() -> Result<()> {
    let database = Database::new([EFFECTS]).await;
    let Some(lesser) = Lesser::on(&database).await? else { return Ok(()) };
    connection(&database)?.execute("DROP TABLE ar_outbox", []).await?;
    let error = Outbox::enqueue("mail", &1).on(&lesser.name).await.unwrap_err();
    let text = error.to_string();
    for part in ["the table `ar_outbox` cannot be created", "activerecord tables --sql --grants", &lesser.name] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(error.kind(), activerecord::ErrorKind::PermissionDenied);
    lesser.drop().await
}
