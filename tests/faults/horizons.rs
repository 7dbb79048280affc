//! A prepared transaction survives a restart of its server, which forgets when it began.

use std::time::Duration;

use activerecord::Branch;
use activerecord::prelude::*;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

use crate::server::{ALONE, MARIADB, Server};
use test_support::{Database, until};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "dated"]
struct Dated {
    #[primary_key]
    code: String,
    at: DateTime<Utc>,
}

const DATED: &str = "dated (code STRING NOT NULL PRIMARY KEY, at TIMESTAMP NOT NULL)";

async fn survives(server: &Server, name: &str) -> Result<()> {
    if server.is_left_out() {
        return Ok(());
    }
    server.configure(name, 2)?;
    let handle = connection(name)?;
    handle.execute("DROP TABLE IF EXISTS dated", []).await?;
    handle.execute("CREATE TABLE dated (code VARCHAR(40) PRIMARY KEY, at DATETIME(6) NOT NULL)", []).await?;
    let insert = async |code: &str| {
        let row = Dated { code: code.to_owned(), at: Utc::now().trunc_subsecs(6) };
        Dated::with_connection(name, async || row.clone().insert().await).await
    };
    let branch = Branch::new(format!("restart-{}", Uuid::now_v7()), "b0")?;
    let late = Transaction::begin(name).independent().branch(branch.clone()).await?;
    late.run(async || insert("late").await).await?;
    let stamped = Utc::now();
    drop(late.prepare_as(branch.clone()).await?);
    server.kill()?;
    server.restart()?;
    until("it is seconds later", async || Ok(Utc::now() > stamped + TimeDelta::seconds(3))).await?;
    insert("early").await?;
    let target = Database::new([DATED]).await;
    let job = SyncJob::from::<Dated>().using(name).to::<Dated>().on(&*target).since(Dated::AT).lag(Duration::ZERO);
    assert_eq!(job.run().await?.written, 1);
    until("the transaction is committed", async || Ok(handle.commit_prepared(&branch).await.is_ok())).await?;
    assert_eq!(job.run().await?.written, 1);
    assert_eq!(Dated::using(&target).count().await?, 2);
    handle.execute("DROP TABLE dated", []).await?;
    ConnectionManager::remove(name).await
}

#[tokio::test]
async fn of_mariadb() -> Result<()> {
    let _alone = ALONE.lock().await;
    survives(&MARIADB, "restarted").await
}
