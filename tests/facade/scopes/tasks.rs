//! Scopes belong to a task. Another task gets them only by `in_current_connections` or `spawn`.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_spawned_task_has_no_scope() -> Result<()> {
    let (a, b) = places().await?;
    with_connection(&a, async || {
        Plane::with_connection(&b, async || {
            let bare = tokio::spawn(here()).await.map_err(Error::custom)??;
            let carried = tokio::spawn(here().in_current_connections()).await.map_err(Error::custom)??;
            let spawned = activerecord::spawn(here()).await.map_err(Error::custom)??;
            assert_eq!((bare, carried, spawned), (both(PLANES, AIRPORTS), both(&b, &a), both(&b, &a)));
            Ok(())
        })
        .await
    })
    .await
}

/// The scopes are those of the call, not those of the poll.
#[tokio::test]
async fn scopes_are_carried_from_the_call() -> Result<()> {
    let (a, b) = places().await?;
    let inside = with_connection(&a, async || Ok(here().in_current_connections())).await?;
    assert_eq!(with_connection(&b, async || inside.await).await?, both(&a, &a));
    let outside = here().in_current_connections();
    assert_eq!(with_connection(&b, async || outside.await).await?, both(PLANES, AIRPORTS));
    let nested = with_connection(&a, async || Ok(with_connection(&b, async || here().await).in_current_connections()));
    assert_eq!(nested.await?.await?, both(&b, &b));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_each_in_its_own_scope() -> Result<()> {
    let (a, b) = places().await?;
    let names: [String; 3] = [a.to_string(), b.to_string(), AIRPORTS.into()];
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..60 {
        let (outer, inner) = (names[n % 3].clone(), names[(n / 3) % 3].clone());
        tasks.spawn(async move {
            for _ in 0..5 {
                assert_eq!(plane_here().await?, PLANES);
                with_connection(&outer, async || {
                    tokio::task::yield_now().await;
                    assert_eq!(here().await?, both(&outer, &outer));
                    Plane::with_connection(&inner, async || {
                        tokio::task::yield_now().await;
                        assert_eq!(here().await?, both(&inner, &outer));
                        Ok(())
                    })
                    .await?;
                    assert_eq!(here().await?, both(&outer, &outer));
                    Ok(())
                })
                .await?;
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(Error::custom)??;
    }
    Ok(())
}

#[tokio::test]
async fn branches_of_one_task_do_not_see_each_other() -> Result<()> {
    let (a, b) = places().await?;
    let scoped = async |name: &str| {
        with_connection(name, async || {
            let mut seen = Vec::new();
            for _ in 0..20 {
                tokio::task::yield_now().await;
                seen.push(plane_here().await?);
            }
            Ok(seen)
        })
        .await
    };
    let (in_a, bare, in_b) = tokio::join!(scoped(&a), here(), scoped(&b));
    assert_eq!((in_a?, in_b?), (vec![a.to_string(); 20], vec![b.to_string(); 20]));
    assert_eq!(bare?, both(PLANES, AIRPORTS));

    with_connection(&a, async || {
        let winner = tokio::select! {
            biased;
            never = with_connection(&b, async || { tokio::task::yield_now().await; std::future::pending::<Result<String>>().await }) => never?,
            here = plane_here() => here?,
        };
        assert_eq!(winner, &*a);
        assert_eq!(plane_here().await?, &*a);
        Ok(())
    })
    .await
}
