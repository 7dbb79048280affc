//! The public API, as programs outside this repository use it. The tables, files and rows that these calls need are
//! created around them.

use activerecord::connection::ConnectionHandle;
use std::time::Duration;

use activerecord::model::ChangeKind;
use activerecord::prelude::*;
use activerecord::query::Row;
use activerecord::transaction::Serializable;
use activerecord::{ErrorKind, PoolOptions, try_transaction, try_with_connection};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[connection = "primary"]
#[table = "users"]
struct User {
    #[primary_key]
    id: i64,
    email: String,
    #[column = "full_name"]
    name: Option<String>,
    status: Status,
    balance: Decimal,
    settings: Json<Settings>,
    #[created_at]
    created_at: DateTime<Utc>,
    #[updated_at]
    updated_at: DateTime<Utc>,
    #[version]
    version: i32,
    #[soft_delete]
    deleted_at: Option<DateTime<Utc>>,
    #[skip]
    cached_score: f64,
}

#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Status {
    #[default]
    Active,
    Suspended,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Settings {
    theme: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "analytics"]
struct AnalyticsUser {
    id: i64,
    user_id: i64,
    email: String,
}

/// A model with a composite key.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Grant {
    #[primary_key]
    user_id: i64,
    #[primary_key]
    role: String,
}

/// A model with a UUID key.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Session {
    id: Uuid,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "primary"]
#[hooks]
#[table = "hooked_users"]
struct HookedUser {
    id: i64,
    email: String,
}

impl HookedUser {
    fn to_analytics(&self) -> AnalyticsUser {
        AnalyticsUser { user_id: self.id, email: self.email.clone(), ..Default::default() }
    }
}

impl Hooks for HookedUser {
    async fn after_save(&self, change: &Change) -> Result<()> {
        assert_eq!((change.kind(), change.is_insert()), (ChangeKind::Inserted, true));
        AnalyticsUser::with_connection("analytics", async || {
            AnalyticsUser::insert_or_update(&self.to_analytics(), [AnalyticsUser::USER_ID]).await
        })
        .await
    }

    async fn after_destroy(&self) -> Result<()> {
        AnalyticsUser::filter(AnalyticsUser::USER_ID.eq(self.id)).delete().await?;
        Ok(())
    }
}

const USERS: &str =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, full_name TEXT, status TEXT NOT NULL, \
     balance TEXT NOT NULL, settings TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, \
     version INTEGER NOT NULL, deleted_at TEXT);
     CREATE TABLE grants (user_id INTEGER, role TEXT, PRIMARY KEY (user_id, role));
     CREATE TABLE sessions (id TEXT PRIMARY KEY);
     CREATE TABLE hooked_users (id INTEGER PRIMARY KEY, email TEXT NOT NULL)";
const ANALYTICS: &str =
    "CREATE TABLE analytics_users (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL UNIQUE, email TEXT NOT NULL)";

/// One test, because connection names and the working directory are state of the whole process.
#[tokio::test]
async fn every_line_of_the_api() -> Result<()> {
    if !test_support::in_a_process_of_its_own("api::every_line_of_the_api").map_err(Error::custom)? {
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    std::env::set_current_dir(folder.path()).map_err(Error::custom)?;
    connections().await?;
    writing().await?;
    reading().await?;
    switching().await?;
    hooks().await?;
    transactions().await?;
    errors().await
}

async fn connections() -> Result<()> {
    ConnectionManager::configure("primary", "sqlite://main.db?mode=rwc")?;
    std::fs::write(
        "activerecord.toml",
        "[connections.secondary]\nurl = \"sqlite://secondary.db?mode=rwc\"\n\
         [connections.analytics]\nurl = \"sqlite://${AR_TEST_FILE:-analytics.db}?mode=rwc\"\n",
    )
    .map_err(Error::custom)?;
    ConnectionManager::configure_from_file("activerecord.toml")?;
    ConnectionManager::configure_from_env()?;
    ConnectionManager::verify_all().await?;
    match server() {
        // Nothing is opened before it is used.
        Ok(()) => ConnectionManager::remove("server").await?,
        Err(error) => assert!(error.is_configuration(), "expected that the backend is not compiled in: {error}"),
    }
    assert!(ConnectionManager::configure("primary", "sqlite://main.db").is_err_and(|error| error.is_configuration()));

    let conn = connection("primary")?;
    assert_eq!(conn.dialect().name(), "sqlite");
    assert!(!conn.capabilities().prepared_transactions);
    create(&conn, USERS).await?;
    let rows: Vec<Row> = conn.query("SELECT ? AS n, ? AS t", params![1, "a"]).await?;
    assert_eq!((rows[0].get::<i64>("n")?, rows[0].get::<String>("t")?), (1, "a".into()));

    create(&connection("secondary")?, USERS).await?;
    ConnectionManager::remove("analytics").await?;
    ConnectionManager::replace("analytics", "sqlite://analytics.db?mode=rwc").await?;
    connection("analytics")?.execute(ANALYTICS, []).await?;
    Ok(())
}

async fn create(conn: &ConnectionHandle, tables: &str) -> Result<()> {
    for table in tables.split(';') {
        conn.execute(table, []).await?;
    }
    Ok(())
}

fn server() -> Result<()> {
    ConnectionManager::configure(
        "server",
        Config::postgres("localhost", "analytics")
            .port(5432)
            .username("user")
            .password("secret")
            .pool(PoolOptions::new().max_connections(20).acquire_timeout(Duration::from_secs(3)))
            .replica("postgres://replica-1/analytics")
            .replica("postgres://replica-2/analytics"),
    )?;
    Ok(())
}

async fn writing() -> Result<()> {
    let mut user = User { email: "a@b.c".into(), ..Default::default() };
    user.save().await?;
    user.destroy().await?;
    user.reload().await?;
    assert!(user.deleted_at.is_some());
    user.purge().await?;
    user.insert().await?;
    user.restore().await?;
    user.update().await?;
    user.reload().await?;
    assert_eq!(user.deleted_at, None);

    let mut user = User::create(User { email: "d@e.f".into(), ..Default::default() }).await?;
    user.update_columns((User::NAME.set("x"), User::BALANCE.add(5))).await?;
    assert_eq!((user.name.as_deref(), user.balance, user.version), (Some("x"), dec!(5), 1));
    User::filter(User::ID.eq(user.id)).update((User::STATUS.set(Status::Suspended),)).await?;
    User::filter(User::ID.eq(99)).delete().await?;
    let users = [User { email: "g@h.i".into(), ..Default::default() }];
    User::bulk_insert(&users).await?;

    let row = AnalyticsUser { user_id: user.id, email: user.email.clone(), ..Default::default() };
    let rows = [row.clone()];
    AnalyticsUser::insert_or_update(&row, [AnalyticsUser::USER_ID]).await?;
    AnalyticsUser::bulk_insert_or_update(&rows, [AnalyticsUser::USER_ID]).await?;
    Grant::insert_or_update(&Grant { user_id: 1, role: "admin".into() }, (Grant::USER_ID, Grant::ROLE)).await?;
    assert_eq!(user.to_json()["email"], "d@e.f");

    let mut session = Session::default();
    session.insert().await?;
    assert_eq!(session.id.get_version_num(), 7);
    Ok(())
}

async fn reading() -> Result<()> {
    let user = User::find(1).await?;
    assert_eq!(user.cached_score, 0.0);
    assert!(User::find(99).await.is_err_and(|error| error.is_not_found()));
    let grant = Grant::find((1, "admin".to_owned())).await?;
    assert_eq!(grant.role, "admin");
    let user = User::find_by(User::EMAIL.eq("a@b.c")).await?;
    assert_eq!(user.map(|user| user.id), Some(1));
    let users = User::all().await?;
    assert_eq!(users.len(), 3);
    let users = User::filter(User::STATUS.eq(Status::Active) & User::BALANCE.gt(dec!(10)))
        .order_by(User::CREATED_AT.desc())
        .limit(10)
        .all()
        .await?;
    assert_eq!(users, []);
    let users = User::using("secondary").all().await?;
    assert_eq!(users, []);
    let last_sync = DateTime::UNIX_EPOCH;
    let users = User::filter_raw("updated_at > ?", [last_sync]).all().await?;
    assert_eq!(users.len(), 3);
    let json = serde_json::json!({});
    let users = User::raw_query("SELECT * FROM users WHERE data @> ?", params![json]).all().await;
    assert!(users.is_err(), "the operator is PostgreSQL's");
    let pairs: Vec<(i64, String)> = User::select((User::ID, User::EMAIL)).all().await?;
    assert_eq!(pairs[1], (2, "d@e.f".into()));
    let n = User::filter(User::ID.gt(1)).count().await?;
    assert_eq!(n, 2);
    assert!(User::query().exists().await?);
    assert_eq!(User::query().sum(User::BALANCE).await?, dec!(5));
    assert!(User::query().avg(User::BALANCE).await?.is_some());
    assert_eq!((User::query().min(User::ID).await?, User::query().max(User::ID).await?), (Some(1), Some(3)));
    assert_eq!(User::query().first().await?.map(|user| user.id), Some(1));
    assert_eq!(User::query().last().await?.map(|user| user.id), Some(3));
    assert_eq!(User::filter(User::ID.eq(1)).one().await?.id, 1);
    assert_eq!(User::query().pluck(User::ID).await?, [1, 2, 3]);
    let page = User::query().order_by(User::ID.asc()).page(2, 2).await?;
    assert_eq!((page.items.len(), page.total), (1, 3));

    let mut batches = User::filter(User::ID.gt(0)).batch(1000);
    while let Some(users) = batches.next().await? {
        assert_eq!(users.len(), 3);
    }
    let mut rows = User::query().stream();
    let mut seen = 0;
    while let Some(user) = rows.next().await? {
        seen += user.id;
    }
    assert_eq!(seen, 6);
    predicates()
}

/// Uses every predicate, and gets the SQL of a query without a database.
fn predicates() -> Result<()> {
    let query = User::filter(
        User::ID.eq(1) | User::ID.ne(2) | User::ID.lt(3) | User::ID.le(4) | User::ID.gt(5) | User::ID.ge(6),
    )
    .filter(User::ID.between(1, 2) & User::ID.is_in([1, 2]) & User::ID.not_in(vec![3]))
    .filter(User::NAME.like("a%") & User::NAME.ilike("a%") & User::EMAIL.starts_with("a") & !User::EMAIL.contains("b"))
    .filter(User::NAME.is_null() | User::NAME.is_not_null())
    .filter(User::ID.is_in(Grant::filter(Grant::ROLE.eq("admin")).select(Grant::USER_ID)));
    let (sql, binds) = query.to_sql("postgresql")?;
    assert!(sql.starts_with("SELECT \"id\"") && binds.len() == sql.matches('$').count(), "{sql} {binds:?}");
    let _: Column<User, String> = User::EMAIL;
    Ok(())
}

async fn work() {
    assert!(User::all().await.is_ok_and(|users| users.is_empty()));
}

async fn switching() -> Result<()> {
    let users = User::with_connection("secondary", async || User::all().await).await?;
    assert_eq!(users, []);
    with_connection("secondary", async || {
        tokio::spawn(work().in_current_connections()).await.map_err(Error::custom)?;
        Ok(())
    })
    .await?;
    let unknown = with_connection("secundary", async || Ok(())).await;
    assert!(unknown.is_err_and(|error| error.is_configuration() && error.to_string().contains("`secondary`")));
    Ok(())
}

async fn hooks() -> Result<()> {
    let mut user = HookedUser::create(HookedUser { email: "j@k.l".into(), ..Default::default() }).await?;
    let copy = AnalyticsUser::filter(AnalyticsUser::EMAIL.eq("j@k.l"));
    assert!(copy.clone().exists().await?);
    user.destroy().await?;
    assert!(!copy.exists().await?);
    Ok(())
}

async fn transactions() -> Result<()> {
    let mut user = User { email: "m@n.o".into(), ..Default::default() };
    let id = transaction("primary", async || {
        user.save().await?;
        Ok(user.id)
    })
    .await?;
    assert_eq!(User::find(id).await?.email, "m@n.o");
    User::transaction(async || user.update_columns(User::NAME.set(None)).await).await?;
    let tx = Transaction::begin("primary").isolation(Serializable).await?;
    tx.run(async || user.save().await).await?;
    tx.save(&mut user).await?;
    let mut other = User { email: "o@p.q".into(), ..Default::default() };
    tx.insert(&mut other).await?;
    assert_eq!(User::query().on(&tx).all().await?.len(), 5);
    tx.destroy(&mut other).await?;
    let inside = User::on(&tx).count().await?;
    tx.commit().await?;
    assert_eq!(inside, 4);
    Ok(())
}

/// The predicates of an error, and a caller's own error from a closure of this library.
async fn errors() -> Result<()> {
    let twice = User::create(User { email: "a@b.c".into(), ..Default::default() }).await;
    let Err(error) = twice else { return Err(Error::custom("the email is taken")) };
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(error.constraint(), Some("users.email"));
    assert!(error.is_unique_violation());
    let others = [
        error.is_not_found(),
        error.is_stale(),
        error.is_foreign_key_violation(),
        error.is_not_null_violation(),
        error.is_check_violation(),
        error.is_retryable(),
        error.is_connection_lost(),
        error.is_pool_timeout(),
        error.is_unsupported(),
        error.is_in_doubt(),
        error.is_configuration(),
    ];
    assert_eq!(others, [false; 11]);

    let own = transaction("primary", async || Err::<(), _>(Error::custom(std::fmt::Error))).await;
    assert!(own.is_err_and(|error| error.downcast_ref::<std::fmt::Error>().is_some()));
    let result: Result<(), Own> = try_transaction("primary", async || Err(Own::Mine)).await;
    assert_eq!(result, Err(Own::Mine));
    let result: Result<(), Own> = try_with_connection("secundary", async || Ok(())).await;
    assert_eq!(result, Err(Own::DatabaseFile));
    Ok(())
}

#[derive(Debug, PartialEq)]
enum Own {
    Mine,
    DatabaseFile,
}

impl From<Error> for Own {
    fn from(_: Error) -> Self {
        Self::DatabaseFile
    }
}
