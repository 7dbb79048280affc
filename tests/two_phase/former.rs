//! The tables and rows of the first version of this library: commit d8a0520.

use activerecord::InDoubtState;
use activerecord::prelude::*;
use chrono::Utc;
use test_support::{Database, Profile, until};

use crate::in_doubt::leave;
use crate::{ALONE, balance, bank, is_left, preparing, transfer};

/// Creates the tables of transactions across databases as that version did.
async fn create(bank: &str) -> Result<()> {
    let connection = connection(bank)?;
    let all = match connection.dialect().name() {
        "sqlite" => include_str!("../conformance/distributed/former/sqlite.sql"),
        "postgresql" => include_str!("../conformance/distributed/former/postgresql.sql"),
        _ => include_str!("../conformance/distributed/former/mysql.sql"),
    };
    for statement in all.split(';').filter(|statement| statement.contains("ar_2pc")) {
        connection.execute(statement.trim(), []).await?;
    }
    Ok(())
}

/// A commit point with a name and the rows of that version: a decision about a branch of `participant`, and an outcome that
/// was forced. Returns the ids: decided, forced, and one that was not decided.
async fn write_rows(point: &str, participant: &str) -> Result<[String; 3]> {
    let name = format!("{:08x}", fastrand::u32(..));
    let gids = [(); 3].map(|()| format!("ar1-{name}-{}", Uuid::now_v7().simple()));
    let connection = connection(point)?;
    connection.execute("INSERT INTO ar_2pc_store VALUES (1, ?)", [&*name]).await?;
    let row = "INSERT INTO ar_2pc VALUES (?, ?, ?, ?, ?)";
    let branches = format!("[{{\"connection\":\"{participant}\",\"label\":\"b0\"}}]");
    let now = Utc::now();
    connection.execute(row, params![&*gids[0], "commit", &*branches, now, None::<String>]).await?;
    let note = Some("rolled back by force: a fire".to_owned());
    connection.execute(row, params![&*gids[1], "heuristic", "[]", now, note]).await?;
    Ok(gids)
}

/// For each name of a database, whether it belongs to an identity.
async fn names(point: &str) -> Result<Vec<bool>> {
    let rows = connection(point)?.query("SELECT identity FROM ar_2pc_store ORDER BY number", []).await?;
    rows.iter().map(|row| Ok(row.get::<Option<String>>(0)?.is_some())).collect()
}

/// Decisions of the first version have their effect, and its tables get the columns that they lack.
async fn recovers(point: &Database, participant: &Database) -> Result<()> {
    create(point).await?;
    create(participant).await?;
    let [decided, forced, undecided] = &write_rows(point, participant).await?;
    leave(participant, decided).await?;
    let forced_before = TwoPhase::recover().await?.heuristic.contains(forced);
    until("the decision is carried out", async || Ok(TwoPhase::recover().await.is_ok() && !is_left(decided).await?))
        .await?;
    assert_eq!((balance(participant).await?, forced_before), (101, true));
    leave(participant, undecided).await?;
    until("the branch is rolled back", async || Ok(TwoPhase::recover().await.is_ok() && !is_left(undecided).await?))
        .await?;
    assert_eq!(balance(participant).await?, 101);
    let survey = TwoPhase::survey().await?.in_doubt;
    let of_forced = survey.into_iter().find(|one| one.gid == *forced);
    assert_eq!(of_forced.map(|one| one.state), Some(InDoubtState::Heuristic));
    // A copy can have the former name, too. So new transactions get a name that belongs to this database.
    transfer(point, participant, 1).await?;
    assert_eq!((names(point).await?, balance(participant).await?), (vec![false, true], 102));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_of_the_first_version_are_recovered() -> Result<()> {
    let _alone = ALONE.lock().await;
    for profile in Profile::all() {
        for participant in preparing().await? {
            let point = bank(profile).await?;
            if point.profile().name() != participant.profile().name() {
                let at = format!("{} {}", profile.name(), participant.profile().name());
                recovers(&point, &participant).await.map_err(|error| error.context(at))?;
            }
        }
    }
    Ok(())
}
