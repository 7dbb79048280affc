//! A replica can be read, and refuses writes.

use activerecord::ErrorKind;
use activerecord::prelude::*;
use chrono::{DateTime, SubsecRound as _, Utc};

use crate::server::{MARIADB, POSTGRES, Server};
use test_support::until;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "followed"]
struct Followed {
    #[primary_key]
    code: String,
    at: DateTime<Utc>,
}

const FOLLOWED: &str = "followed (code STRING NOT NULL PRIMARY KEY, at TIMESTAMP NOT NULL)";

async fn replicates(primary: &Server, replica: &Server) -> Result<()> {
    if primary.is_left_out() || replica.is_left_out() {
        return Ok(());
    }
    let (leads, follows) = (primary.name, replica.name);
    primary.configure(leads, 1)?;
    replica.configure(follows, 1)?;
    connection(leads)?.execute("DROP TABLE IF EXISTS followed", []).await?;
    connection(leads)?
        .execute("CREATE TABLE followed (code VARCHAR(40) PRIMARY KEY, at TIMESTAMP NOT NULL)", [])
        .await?;
    let code = Uuid::now_v7().to_string();
    with_connection(leads, async || Followed { code: code.clone(), at: Utc::now().trunc_subsecs(0) }.insert().await)
        .await?;
    until("the row is on the replica", async || {
        match Followed::using(follows).filter(Followed::CODE.eq(&code)).exists().await {
            // The table is not on the replica yet.
            Err(error) if error.kind() == ErrorKind::InvalidStatement => Ok(false),
            found => found,
        }
    })
    .await?;
    let refused = with_connection(follows, async || {
        Followed { code: "refused".into(), at: Utc::now().trunc_subsecs(0) }.insert().await
    })
    .await;
    assert!(refused.as_ref().is_err_and(Error::is_read_only), "{refused:?}");
    assert_eq!(Followed::using(follows).count().await?, 1);
    let target = test_support::Database::new([FOLLOWED]).await;
    let job = |from: &str| SyncJob::from::<Followed>().using(from).to::<Followed>().on(&*target).since(Followed::AT);
    // The transactions of the primary are invisible on the replica.
    let refused = job(follows).run().await;
    let is_refused = |error: &Error| error.is_configuration() && error.to_string().contains("primary server");
    assert!(refused.as_ref().is_err_and(is_refused), "{refused:?}");
    assert_eq!(job(leads).run().await?.written, 1);
    connection(leads)?.execute("DROP TABLE followed", []).await?;
    ConnectionManager::remove(leads).await?;
    ConnectionManager::remove(follows).await
}

#[tokio::test]
async fn of_postgres() -> Result<()> {
    let primary = Server { name: "postgres", variable: "DATABASE_URL_POSTGRES", ..POSTGRES };
    let replica = Server { name: "postgres-replica", variable: "DATABASE_URL_POSTGRES_REPLICA", ..POSTGRES };
    replicates(&primary, &replica).await
}

#[tokio::test]
async fn of_mariadb() -> Result<()> {
    let primary = Server { name: "mariadb", variable: "DATABASE_URL_MARIADB", ..MARIADB };
    let replica = Server { name: "mariadb-replica", variable: "DATABASE_URL_MARIADB_REPLICA", ..MARIADB };
    replicates(&primary, &replica).await
}
