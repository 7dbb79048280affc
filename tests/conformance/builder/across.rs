//! Models that live on different connections: one statement cannot read them.

use super::*;
use activerecord::query::exists;

/// The model of a second database.
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
                    assert!(message.contains(part), "{message} does not say {part}");
                }
            }
            // Where both are in one database, the query can be sent there.
            assert_eq!(joined().using(&here).count().await?, 5);
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_scope_of_all_models_brings_them_together() -> Result<()> {
    with_data(async || {
        assert_eq!(Flight::query().join(Carrier::CARRIER.eq(Flight::CARRIER)).count().await?, 5);
        Ok(())
    })
    .await
}
