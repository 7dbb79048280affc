//! Explicit transactions: their verbs, and statements that would run outside of them.

use activerecord::ErrorKind;

use super::*;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "airports"]
#[hooks]
struct Hooked {
    id: i64,
    code: String,
}

impl Hooks for Hooked {
    async fn before_save(&mut self) -> Result<()> {
        self.code = self.code.to_uppercase();
        Ok(())
    }

    /// Its statement joins the transaction of the write.
    async fn after_create(&self) -> Result<()> {
        add(&format!("{}-2", self.code)).await
    }
}

/// Whether this is the error of a statement beside the transaction.
fn is_beside<T: std::fmt::Debug>(result: Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == ErrorKind::Transaction && error.message().contains(".on(&tx)"))
}

#[tokio::test]
async fn each_verb_of_a_transaction_joins_it() -> Result<()> {
    let db = Airports::new().await;
    for commits in [false, true] {
        // The model's own connection does not exist: the verb uses that of the transaction.
        let tx = Transaction::begin(&*db).await?;
        let mut jfk = airport("JFK");
        tx.save(&mut jfk).await?;
        let mut lga = tx.create(airport("LGA")).await?;
        let mut ewr = airport("EWR");
        tx.insert(&mut ewr).await?;
        ewr.code = "SWF".into();
        tx.update(&mut ewr).await?;
        tx.update_columns(&mut jfk, Airport::CODE.set("HPN")).await?;
        tx.destroy(&mut lga).await?;
        tx.reload(&mut jfk).await?;
        assert_eq!(tx.find::<Airport>(jfk.id).await?, jfk);
        // The choice of a connection is not a statement.
        assert_eq!(with_connection(&db, async || Ok(Airport::connection()?.name().to_owned())).await?, *db);
        tx.bulk_insert(&[airport("ISP"), airport("TEB")]).await?;
        tx.insert_or_update(&airport("ISP"), [Airport::CODE]).await?;
        tx.bulk_insert_or_update(&[airport("FRG")], [Airport::CODE]).await?;
        assert_eq!(tx.execute("DELETE FROM airports WHERE code = ?", ["TEB"]).await?, 1);
        assert_eq!(tx.query("SELECT code FROM airports", []).await?.len(), 4);
        let codes = Airport::order_by(Airport::CODE.asc()).on(&tx).pluck(Airport::CODE).await?;
        assert_eq!(codes, ["FRG", "HPN", "ISP", "SWF"]);
        if commits {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        assert_eq!(db.committed().await, if commits { "FRG HPN ISP SWF" } else { "" });
    }
    Ok(())
}

#[tokio::test]
async fn the_hooks_of_a_verb_join_its_transaction() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let tx = Transaction::begin(&*db).await?;
        tx.create(Hooked { code: "jfk".into(), ..Default::default() }).await?;
        tx.rollback().await?;
        assert_eq!(db.committed().await, "");
        let tx = Transaction::begin(&*db).await?;
        tx.create(Hooked { code: "jfk".into(), ..Default::default() }).await?;
        // Its savepoint is rolled back, and the transaction is still usable.
        let twice = tx.create(Hooked { code: "jfk".into(), ..Default::default() }).await;
        assert!(twice.is_err_and(|error| error.is_unique_violation()));
        tx.commit().await?;
        assert_eq!(db.committed().await, "JFK JFK-2");
        Ok(())
    })
    .await
}

/// Every way to run a statement outside the transaction by mistake.
#[tokio::test]
async fn a_statement_beside_an_open_transaction_is_an_error() -> Result<()> {
    let db = Airports::new().await;
    let tx = Transaction::begin(&*db).await?;
    let mut jfk = airport("JFK");
    with_connection(&db, async || {
        assert!(is_beside(jfk.save().await));
        assert!(is_beside(Airport::create(airport("LGA")).await));
        assert!(is_beside(Airport::bulk_insert(&[airport("LGA")]).await));
        assert!(is_beside(Airport::insert_or_update(&airport("LGA"), [Airport::CODE]).await));
        assert!(is_beside(Airport::query().delete().await));
        assert!(is_beside(Airport::filter(Airport::CODE.eq("LGA")).update(Airport::CODE.set("X")).await));
        assert!(is_beside(Airport::count().await));
        assert!(is_beside(Airport::query().stream().next().await));
        assert!(is_beside(Airport::query().batch(2).next().await));
        assert!(is_beside(Airport::raw_query("SELECT * FROM airports", []).all().await));
        Ok(())
    })
    .await?;
    assert!(is_beside(Airport::using(&db).count().await));
    assert!(is_beside(connection(&db)?.execute("DELETE FROM airports", []).await));
    assert!(is_beside(connection(&db)?.query("SELECT 1 FROM airports", []).await));
    // After all these errors the transaction is usable, and after its end the statements are.
    tx.save(&mut jfk).await?;
    tx.commit().await?;
    assert_eq!(Airport::using(&db).count().await?, 1);
    let tx = Transaction::begin(&*db).await?;
    drop(tx);
    assert_eq!(Airport::using(&db).count().await?, 1);
    assert_eq!(db.committed().await, "JFK");
    Ok(())
}

/// The claim belongs to the task that uses the transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_task_is_not_beside_it() -> Result<()> {
    let db = Airports::new().await;
    let name = db.to_string();
    let tx = Transaction::begin(&name).await?;
    assert_eq!(tokio::spawn(count(name.clone())).await.map_err(Error::custom)??, 0);
    assert!(is_beside(count(name.clone()).await));
    // The transaction moves to another task, and with its first use there the claim moves.
    let (used, end) = (tokio::sync::oneshot::channel(), tokio::sync::oneshot::channel::<()>());
    let other = tokio::spawn({
        let name = name.clone();
        async move {
            tx.query("SELECT 1 FROM airports", []).await?;
            let beside = is_beside(count(name).await);
            let _ = used.0.send(());
            end.1.await.map_err(Error::custom)?;
            tx.rollback().await?;
            Ok::<_, Error>(beside)
        }
    });
    used.1.await.map_err(Error::custom)?;
    assert_eq!(count(name).await?, 0);
    let _ = end.0.send(());
    assert!(other.await.map_err(Error::custom)??);
    Ok(())
}

async fn count(name: String) -> Result<u64> {
    Airport::using(&name).count().await
}

#[tokio::test]
async fn an_independent_transaction_claims_nothing() -> Result<()> {
    let db = Airports::new().await;
    let tx = Transaction::begin(&*db).independent().await?;
    tx.run(async || Airport::using(&db).count().await).await?;
    assert_eq!(Airport::using(&db).count().await?, 0);
    tx.rollback().await
}

/// In a scope for another connection, the statements of models would not join it.
#[tokio::test]
async fn a_transaction_in_the_scope_of_another_connection_is_an_error() -> Result<()> {
    let (db, tenant) = (Airports::new().await, Airports::new().await);
    let refused = |result: Result<()>| {
        let Err(error) = result else { panic!("the transaction began") };
        assert_eq!(error.kind(), ErrorKind::Transaction);
        for part in ["Model::transaction", &format!("transaction(\"{}\"", &*tenant), ".independent()"] {
            assert!(error.message().contains(part), "{error}");
        }
    };
    let add_there = async || Airport::using(&db).count().await.map(drop);
    with_connection(&tenant, async || {
        refused(transaction(&db, async || add("JFK").await).await);
        refused(activerecord::try_transaction(&db, async || add("JFK").await).await);
        refused(Transaction::begin(&*db).await.map(drop));
        refused(Transaction::begin(&*db).run(async || add("JFK").await).await);
        // Allowed: the scope's own connection, the model's transaction, an inner scope, and an independent transaction.
        transaction(&tenant, async || add("JFK").await).await?;
        Airport::transaction(async || add("LGA").await).await?;
        Airport::with_connection(&db, async || Airport::transaction(async || add("EWR").await).await).await?;
        with_connection(&db, async || transaction(&db, async || add("SWF").await).await).await?;
        Transaction::begin(&*db).independent().run(add_there).await?;
        // A savepoint in an independent transaction was checked when the transaction began.
        Transaction::begin(&*db).independent().run(async || transaction(&db, add_there).await).await?;
        // A scope inside the transaction is refused again.
        transaction(&tenant, async || {
            with_connection(&db, async || {
                transaction(&db, async || add("HPN").await).await?;
                assert!(transaction(&tenant, async || Ok(())).await.is_err());
                Ok(())
            })
            .await
        })
        .await
    })
    .await?;
    // The scope of one model says nothing about the others.
    Airport::with_connection(&tenant, async || transaction(&db, add_there).await).await?;
    assert_eq!((db.committed().await, tenant.committed().await), ("EWR HPN SWF".into(), "JFK LGA".into()));
    Ok(())
}
