//! The precedence of connections: the transaction of the query, its own connection, the innermost scope of the model, the
//! innermost scope of all models, `#[connection]`.

use activerecord::{ErrorKind, try_with_connection};
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[tokio::test]
async fn scopes_of_a_model_and_of_all() -> Result<()> {
    let (a, b) = places().await?;
    assert_eq!(here().await?, both(PLANES, AIRPORTS));
    with_connection(&a, async || {
        assert_eq!(here().await?, both(&a, &a));
        Plane::with_connection(&b, async || {
            assert_eq!(here().await?, both(&b, &a));
            // The scope of the model wins, although this one is further inside.
            with_connection(AIRPORTS, async || {
                assert_eq!(here().await?, both(&b, AIRPORTS));
                Plane::with_connection(&a, async || {
                    assert_eq!(here().await?, both(&a, AIRPORTS));
                    Ok(())
                })
                .await?;
                assert_eq!(here().await?, both(&b, AIRPORTS));
                Ok(())
            })
            .await?;
            assert_eq!(here().await?, both(&b, &a));
            Ok(())
        })
        .await?;
        with_connection(&b, async || {
            assert_eq!(here().await?, both(&b, &b));
            Ok(())
        })
        .await?;
        assert_eq!(here().await?, both(&a, &a));
        Ok(())
    })
    .await?;
    assert_eq!(here().await?, both(PLANES, AIRPORTS));
    Ok(())
}

#[tokio::test]
async fn the_connection_of_the_query_wins_over_scopes() -> Result<()> {
    let (a, b) = places().await?;
    with_connection(&a, async || {
        Plane::with_connection(&a, async || {
            assert_eq!(Plane::using(&b).one().await?.name, &*b);
            assert_eq!(Plane::query().using(&b).select(Plane::NAME).one().await?, &*b);
            assert_eq!(
                Plane::raw_query("SELECT * FROM places", []).using(&b).first().await?.map(|p| p.name),
                Some(b.to_string())
            );
            assert_eq!(Plane::using(&b).using(&a).one().await?.name, &*a, "the last call wins");
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn an_explicit_transaction_wins_over_all() -> Result<()> {
    let (a, b) = places().await?;
    let tx = Transaction::begin(&*b).await?;
    Plane::with_connection(&a, async || {
        for query in [Plane::on(&tx), Plane::using(&a).on(&tx), Plane::on(&tx).using(&a)] {
            assert_eq!(query.one().await?.name, &*b);
        }
        let raw = Plane::raw_query("SELECT * FROM places", []).using(&a).on(&tx);
        assert_eq!(raw.all().await?[0].name, &*b);
        // An open transaction does not choose the connection. The scope does, and it names another one.
        assert_eq!(tx.run(async || plane_here().await).await?, &*a);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_verb_uses_the_scope() -> Result<()> {
    let (a, b) = places().await?;
    Plane::with_connection(&a, async || {
        let mut plane = Plane::create(Plane { id: 7, name: "new".into() }).await?;
        plane.name = "newer".into();
        plane.update().await?;
        plane.save().await?;
        plane.update_columns((Plane::NAME.set("newest"),)).await?;
        plane.reload().await?;
        Plane::insert_or_update(&plane, [Plane::ID]).await?;
        Plane::bulk_insert(&[Plane { id: 8, name: "bulk".into() }]).await?;
        Plane::filter(Plane::ID.eq(8)).update((Plane::NAME.set("set"),)).await?;
        assert_eq!(Plane::find(8).await?.name, "set");
        assert_eq!(Plane::query().order_by(Plane::ID.asc()).pluck(Plane::NAME).await?, [&*a, "newest", "set"]);
        plane.destroy().await?;
        Plane::filter(Plane::ID.eq(8)).delete().await?;
        Plane::transaction(async || Plane::create(Plane { id: 9, name: "tx".into() }).await).await?;
        Ok(())
    })
    .await?;
    assert_eq!(Plane::using(&a).pluck(Plane::NAME).await?, [&*a, "tx"]);
    assert_eq!(Plane::using(&b).pluck(Plane::NAME).await?, [&*b]);
    assert_eq!(Plane::query().pluck(Plane::NAME).await?, [PLANES]);
    Ok(())
}

#[tokio::test]
async fn an_unknown_name_fails_on_entry() -> Result<()> {
    let (a, _) = places().await?;
    let ran = AtomicBool::new(false);
    let body = async || {
        ran.store(true, Ordering::Relaxed);
        Ok(())
    };
    let misspelt = "home of plains";
    let errors = [
        with_connection(misspelt, body).await.unwrap_err(),
        Plane::with_connection(misspelt, body).await.unwrap_err(),
        try_with_connection(misspelt, body).await.unwrap_err(),
        Plane::try_with_connection(misspelt, body).await.unwrap_err(),
        transaction(misspelt, body).await.unwrap_err(),
        Plane::using(misspelt).all().await.unwrap_err(),
        connection(misspelt).unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_configuration(), "{error}");
        assert!(error.message().contains("did you mean `home of planes`?"), "{error}");
    }
    assert!(!ran.load(Ordering::Relaxed));
    with_connection(&a, async || {
        assert!(with_connection(misspelt, body).await.is_err());
        assert_eq!(plane_here().await?, &*a);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_model_that_requires_a_scope() -> Result<()> {
    let (a, b) = places().await?;
    let mut record = Tenant { id: 5, name: "x".into() };
    let outside = |error: Error| {
        assert_eq!((error.kind(), error.model()), (ErrorKind::NoScope, Some("Tenant")), "{error}");
        assert!(error.message().contains("Tenant::with_connection(name, ..)"), "{error}");
    };
    outside(Tenant::all().await.unwrap_err());
    outside(Tenant::find(1).await.unwrap_err());
    outside(record.save().await.unwrap_err());
    outside(Tenant::bulk_insert(&[record.clone()]).await.unwrap_err());
    outside(Tenant::query().delete().await.unwrap_err());
    outside(Tenant::query().batch(10).next().await.unwrap_err());
    outside(Tenant::query().stream().next().await.unwrap_err());
    outside(Tenant::transaction(async || Ok(())).await.unwrap_err());
    outside(Tenant::raw_query("SELECT * FROM places", []).all().await.unwrap_err());
    // A scope of another model does not count.
    Plane::with_connection(&a, async || {
        outside(Tenant::all().await.unwrap_err());
        Ok(())
    })
    .await?;
    assert_eq!(Tenant::using(&a).one().await?.name, &*a);
    assert_eq!(with_connection(&a, async || Tenant::query().one().await).await?.name, &*a);
    assert_eq!(Tenant::with_connection(&b, async || Tenant::query().one().await).await?.name, &*b);
    let tx = Transaction::begin(&*a).await?;
    assert_eq!(Tenant::on(&tx).one().await?.name, &*a);
    Ok(())
}

#[derive(Debug)]
enum Refusal {
    Own,
    Database(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

#[tokio::test]
async fn errors_of_the_callers_own() -> Result<()> {
    let (a, _) = places().await?;
    let own = try_with_connection(&a, async || Err::<(), _>(Refusal::Own)).await;
    assert!(matches!(own, Err(Refusal::Own)));
    let own = Plane::try_with_connection(&a, async || Err::<(), _>(Refusal::Own)).await;
    assert!(matches!(own, Err(Refusal::Own)));
    let missing = try_with_connection(&a, async || Ok::<_, Refusal>(Plane::find(99).await?)).await;
    assert!(matches!(missing, Err(Refusal::Database(error)) if error.is_not_found()));
    let custom = with_connection(&a, async || Err::<(), _>(Error::custom(std::fmt::Error))).await.unwrap_err();
    assert!(custom.downcast_ref::<std::fmt::Error>().is_some());
    Ok(())
}

#[tokio::test]
async fn a_deep_recursion_is_an_error_not_a_stack_overflow() -> Result<()> {
    async fn deeper(name: &str, depth: usize) -> Result<usize> {
        if depth == 0 {
            return Ok(plane_here().await?.len());
        }
        Box::pin(with_connection(name, async || deeper(name, depth - 1).await)).await
    }
    let (a, _) = places().await?;
    assert_eq!(deeper(&a, 60).await?, a.len());
    let error = deeper(&a, 100_000).await.unwrap_err();
    assert!(error.message().contains("scopes or transactions are nested"), "{error}");
    assert_eq!(plane_here().await?, PLANES);
    Ok(())
}
