//! Rows and tables that cannot be copied.

use activerecord::ErrorKind;
use activerecord::prelude::*;

use super::{ANALYTICS_USERS, AnalyticsUser, Database, Profile, USERS, User, analytics, job, pairs, profiles, users};

#[tokio::test]
async fn a_bad_row_is_reported_and_the_others_are_copied() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        users(&from, &["a@x.org", "b@bad", "c@x.org", "d@z.org", "e@bad"]).await?;
        let report = job(&from, &to).run().await?;
        assert_eq!((report.read, report.written, report.refused), (5, 3, 2), "{report:?}");
        let keys: Vec<_> = report.bad_rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["user_id = 2", "user_id = 5"]);
        assert_eq!(analytics(&to).await?.len(), 3);
        let given_up = job(&from, &to).max_bad_rows(1).run().await.unwrap_err();
        assert!(given_up.is_invalid() && given_up.to_string().contains("2 rows were refused"), "{given_up}");
        assert!(given_up.to_string().contains("users>analytics_users` stopped: "), "{given_up}");
    }
    Ok(())
}

/// The error comes before the first row.
#[tokio::test]
async fn a_table_of_another_shape_is_refused() -> Result<()> {
    for profile in profiles() {
        let from = Database::on(profile, &[USERS]).await?;
        users(&from, &["a@x.org"]).await?;
        let without = Database::on(profile, &["analytics_users (id ID, user_id I64 NOT NULL UNIQUE)"]).await?;
        let error = job(&from, &without).run().await.unwrap_err();
        assert!(error.to_string().contains("domain") && error.to_string().contains("analytics_users"), "{error}");
        let no_key = "analytics_users (id ID, user_id I64 NOT NULL, domain STRING NOT NULL)";
        let no_key = Database::on(profile, &[no_key]).await?;
        let error = job(&from, &no_key).run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
        assert_eq!(analytics(&no_key).await?.len(), 0);
    }
    Ok(())
}

/// The type of a column differs from the model. The error comes before the first row, with the name and the type of the
/// column.
#[tokio::test]
async fn a_column_of_another_type_is_refused() -> Result<()> {
    for profile in profiles().filter(|profile| profile.capabilities.typed_columns) {
        let from = Database::on(profile, &[USERS]).await?;
        users(&from, &["a@x.org"]).await?;
        let dated = "analytics_users (id ID, user_id I64 NOT NULL UNIQUE, domain DATE NOT NULL)";
        let to = Database::on(profile, &[dated]).await?;
        let error = job(&from, &to).run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
        let text = error.to_string();
        assert!(["`domain`", "`date`", "text", "analytics_users"].iter().all(|part| text.contains(part)), "{text}");
        let source = Database::on(profile, &["users (id ID, email STRING NOT NULL, updated_at I64 NOT NULL)"]).await?;
        let error = job(&source, &from).run().await.unwrap_err().to_string();
        assert!(error.contains("`updated_at`") && error.contains("timestamp"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn an_invalid_job_is_refused() -> Result<()> {
    let from = Database::on(Profile::least(), &[USERS]).await?;
    let to = Database::on(Profile::least(), &[ANALYTICS_USERS]).await?;
    let unmapped = SyncJob::from::<User>().using(&*from).to::<AnalyticsUser>().on(&*to);
    assert!(unmapped.run().await.is_err_and(|error| error.is_configuration() && error.to_string().contains(".map(")));
    let nowhere = SyncJob::from::<User>().using("nowhere").to::<User>().on(&*to);
    assert!(nowhere.run().await.is_err_and(|error| error.is_configuration()));
    let both = job(&from, &to).since(User::UPDATED_AT).ranges(2).run().await;
    assert!(both.is_err_and(|error| error.is_configuration() && error.to_string().contains(".ranges(")));
    let inside = transaction(&from, async || job(&from, &to).run().await);
    assert!(inside.await.is_err_and(|error| error.is_invalid()));
    Ok(())
}
