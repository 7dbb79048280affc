//! Models on different connections. One statement cannot read both.

use super::*;
use activerecord::query::exists;

/// A model of a second database.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "elsewhere_builder"]
#[table = "airlines"]
struct Carrier {
    #[primary_key]
    carrier: String,
    name: String,
}

#[tokio::test]
async fn joins_are_refused() -> Result<()> {
    let (here, there) = (database().await?, database().await?);
    Flight::with_connection(&here, async || {
        Carrier::with_connection(&there, async || {
            let joined = || Flight::query().join(Carrier::CARRIER.eq(Flight::CARRIER));
            let within = || Flight::filter(Flight::CARRIER.is_in(Carrier::select(Carrier::CARRIER)));
            for error in [
                joined().all().await.unwrap_err(),
                joined().count().await.unwrap_err(),
                joined().stream().next().await.unwrap_err(),
                within().all().await.unwrap_err(),
                within().delete().await.unwrap_err(),
                Flight::filter(exists(Carrier::query())).exists().await.unwrap_err(),
                Flight::select(Flight::CARRIER).union(Carrier::select(Carrier::CARRIER)).all().await.unwrap_err(),
            ] {
                let message = error.to_string();
                assert!(error.is_unsupported(), "{error:?}");
                for part in ["Flight", "Carrier", &*here, &*there, "with_connection", ".using(", "is_in(keys)"] {
                    assert!(message.contains(part), "{message} does not contain {part}");
                }
            }
            // If both tables are in one database, `using` sends the query there.
            assert_eq!(joined().using(&here).count().await?, 5);
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_scope_of_all_models_allows_a_join() -> Result<()> {
    with_data(async || {
        assert_eq!(Flight::query().join(Carrier::CARRIER.eq(Flight::CARRIER)).count().await?, 5);
        Ok(())
    })
    .await
}
