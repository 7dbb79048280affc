//! Texts that the statement binds are compared by their characters, as those of columns are.

use activerecord::prelude::*;
use activerecord::query::{case, literal};

use super::Flight;

#[tokio::test]
async fn bound_texts_differ_in_case_and_accents() -> Result<()> {
    with_connection(&super::flights().await?, async || {
        let all = Flight::query;
        let bound = |text: &str| literal(String::from(text));
        for (one, other) in [("a", "A"), ("e", "\u{e9}"), ("\u{e9}", "e\u{301}"), ("ss", "\u{df}"), ("o", "\u{f8}")] {
            let what = format!("{one} {other}");
            assert_eq!(Flight::filter(bound(one).eq(bound(other))).count().await?, 0, "{what}");
            assert_eq!(Flight::filter(bound(one).ne(bound(other))).count().await?, 6, "{what}");
            assert_eq!(Flight::filter(bound(one).eq(bound(one))).count().await?, 6, "{what}");
            assert_eq!(Flight::filter(bound(one).is_in([other])).count().await?, 0, "{what}");
            let either = || case::<String>().when(Flight::ID.gt(2), one).otherwise(other);
            assert_eq!(Flight::filter(either().eq(one)).count().await?, 4, "{what}");
            assert_eq!(Flight::filter(either().is_in([other])).count().await?, 2, "{what}");
            assert_eq!(all().select(either()).distinct().count().await?, 2, "{what}");
            assert_eq!(all().group_by(either()).select(either()).all().await?.len(), 2, "{what}");
            assert_eq!(all().select(either().count_distinct()).one().await?, 2, "{what}");
            assert_eq!(all().select(either().min()).one().await?.as_deref(), one.min(other).into(), "{what}");
            assert_eq!(all().select(either().max()).one().await?.as_deref(), one.max(other).into(), "{what}");
            let ordered = all().order_by((either().asc(), Flight::ID.asc())).pluck(Flight::ID).await?;
            assert_eq!(ordered[0], if one < other { 3 } else { 1 }, "{what}");
            let union = all().select(bound(one)).union(all().select(bound(other)));
            assert_eq!(union.count().await?, 2, "{what}");
        }
        // Lower case is computed with the rules of the session.
        assert_eq!(Flight::filter(bound("A").lower().eq("a")).count().await?, 6);
        assert_eq!(Flight::filter(Flight::CARRIER.lower().eq(bound("UA").lower())).count().await?, 3);
        assert_eq!(Flight::filter(Flight::CARRIER.concat("x").eq(bound("UA").concat("X"))).count().await?, 0);
        Ok(())
    })
    .await
}
