//! A column that declares how its values are stored finds them on every database, whatever type the database has for them.

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDateTime, Utc};
use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Token {
    #[column(stored = "blob")]
    id: Uuid,
    #[column(stored = "upper")]
    owner: Uuid,
    #[column(stored = "simple")]
    parent: Option<Uuid>,
    #[column(stored = "unix")]
    day: NaiveDateTime,
    #[column(stored = "unix_millis")]
    seen: Option<DateTime<Utc>>,
    #[created_at]
    #[column(stored = "unix")]
    created_at: DateTime<Utc>,
    #[updated_at]
    #[column(stored = "unix_micros")]
    updated_at: DateTime<Utc>,
    #[soft_delete]
    #[column(stored = "unix_millis")]
    deleted_at: Option<DateTime<Utc>>,
}

const TABLE: &str = "tokens (id UUID16 PRIMARY KEY, owner UUID NOT NULL, parent UUID, day I64 NOT NULL, seen I64, \
                     created_at I64 NOT NULL, updated_at I64 NOT NULL, deleted_at I64)";

fn at(text: &str) -> NaiveDateTime {
    text.parse().unwrap_or_default()
}

fn token(n: u128) -> Token {
    let seen = at("2024-01-31T09:05:00.25").and_utc();
    let id = Uuid::from_u128(n << 64 | 0xabcdef);
    Token { id, owner: id, parent: Some(id), day: at("1969-12-31T23:59:59"), seen: Some(seen), ..Default::default() }
}

#[tokio::test]
async fn every_verb_finds_and_keeps_the_values() -> Result<()> {
    with_connection(&Database::new([TABLE]).await, async || {
        let mut first = Token::create(token(1)).await?;
        Token::bulk_insert(&[token(2), token(3)]).await?;
        assert_eq!(Token::find(first.id).await?, first);
        let generated = Token::create(Token { id: Uuid::nil(), ..token(4) }).await?;
        assert_eq!(Token::find(generated.id).await?, generated);
        generated.clone().purge().await?;

        first.parent = None;
        first.save().await?;
        first.update_columns((Token::SEEN.set(None), Token::PARENT.set(first.owner))).await?;
        first.update_columns(Token::PARENT.set(Token::PARENT.coalesce(Uuid::nil()))).await?;
        assert_eq!(Token::find(first.id).await?, first);
        let mut read = first.clone();
        read.reload().await?;
        assert_eq!((read, Token::count().await?), (first.clone(), 3));

        let again = [Token { seen: token(1).seen, ..token(1) }, Token { day: at("2024-01-31T00:00:00"), ..token(2) }];
        Token::bulk_insert_or_update(&again, Token::ID).await?;
        assert_eq!(Token::count().await?, 3);
        assert_eq!(Token::find(token(2).id).await?.day, at("2024-01-31T00:00:00"));
        Token::filter(Token::OWNER.eq(first.owner)).update(Token::DAY.set(at("2024-01-31T00:00:01"))).await?;

        first.reload().await?;
        first.destroy().await?;
        assert_eq!((Token::count().await?, Token::query().only_deleted().all().await?), (2, vec![first]));
        assert_eq!(Token::filter(Token::ID.is_in([token(2).id, token(3).id])).delete().await?, 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_condition_order_and_result_has_the_values() -> Result<()> {
    with_connection(&Database::new([TABLE]).await, async || {
        let days = ["1969-12-31T23:59:58", "1969-12-31T23:59:59", "2024-01-31T09:05:07"].map(at);
        let tokens: Vec<_> = (1..).zip(days).map(|(n, day)| Token { day, ..token(n) }).collect();
        Token::bulk_insert(&tokens).await?;
        let count = async |predicate| Token::filter(predicate).count().await;
        let between = at("1969-12-31T23:59:58.5");
        for (predicate, expected) in [
            (Token::DAY.eq(days[1]), 1),
            (Token::DAY.lt(days[1]), 1),
            (Token::DAY.ge(days[1]), 2),
            (Token::DAY.between(days[0], days[1]), 2),
            (Token::DAY.is_in(days), 3),
            (Token::DAY.eq(between), 0),
            (Token::DAY.gt(between), 2),
            (Token::DAY.le(between), 1),
            (Token::DAY.is_in([between, days[2]]), 1),
            (Token::DAY.not_in([between]), 3),
            (Token::ID.eq(tokens[0].id), 1),
            (Token::ID.gt(tokens[0].id), 2),
            (Token::ID.is_in(Token::select(Token::ID)), 3),
            (Token::OWNER.is_in([tokens[0].owner, tokens[2].owner]), 2),
            (Token::PARENT.ne(tokens[0].id), 2),
            (Token::SEEN.eq(token(1).seen), 3),
            (Token::SEEN.coalesce(DateTime::UNIX_EPOCH).gt(DateTime::UNIX_EPOCH), 3),
        ] {
            let shown = format!("{predicate:?}");
            assert_eq!(count(predicate).await?, expected, "{shown}");
        }
        let ids: Vec<_> = tokens.iter().map(|token| token.id).collect();
        assert_eq!(Token::order_by(Token::ID.asc()).pluck(Token::ID).await?, ids);
        assert_eq!(Token::order_by(Token::DAY.desc()).pluck(Token::DAY).await?, [days[2], days[1], days[0]]);
        assert_eq!(
            (Token::query().min(Token::DAY).await?, Token::query().max(Token::DAY).await?),
            (Some(days[0]), Some(days[2]))
        );
        let parts = Token::select((Token::DAY.year(), Token::DAY.second(), Token::DAY.date()));
        let expected =
            days.map(|day| (chrono::Datelike::year(&day), chrono::Timelike::second(&day).cast_signed(), day.date()));
        assert_eq!(parts.order_by(Token::DAY.asc()).all().await?, expected);
        assert_eq!(Token::select(Token::SEEN.second()).distinct().all().await?, [Some(0)]);

        let mut cursor = None;
        let mut pages = Vec::new();
        loop {
            let page = Token::order_by((Token::DAY.desc(), Token::OWNER.asc())).keyset(cursor.as_ref(), 1).await?;
            pages.extend(page.items.into_iter().map(|token| token.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(pages, [ids[2], ids[1], ids[0]]);
        let mut batches = Token::query().batch(2);
        let mut read = 0;
        while let Some(batch) = batches.next().await? {
            read += batch.len();
        }
        assert_eq!(read, 3);
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "tokens"]
struct Undeclared {
    id: Uuid,
    owner: Uuid,
}

/// Another program wrote the row. It is found, or refused when it is read: it is never read and then not found.
#[tokio::test]
async fn a_stored_uuid_is_found_or_refused() -> Result<()> {
    let db = Database::new([TABLE]).await;
    with_connection(&db, async || {
        let one = Token::create(token(1)).await?;
        let read = Undeclared::all().await;
        match read {
            Ok(rows) => {
                assert_eq!(Undeclared::find(rows[0].id).await?, rows[0]);
                assert_eq!(Undeclared::filter(Undeclared::OWNER.eq(rows[0].owner)).count().await?, 1);
            }
            Err(error) => {
                assert!(error.is_conversion() && !db.profile().has_uuids, "{error}");
                let (message, id) = (error.message(), one.id.simple().to_string());
                assert!(message.contains("stored = \"blob\"") && message.contains(&format!("x'{id}'")), "{message}");
            }
        }
        assert_eq!(Undeclared::query().pluck(Undeclared::OWNER).await.is_ok(), db.profile().has_uuids);
        assert_eq!(Undeclared::query().count().await?, 1);
        Ok(())
    })
    .await
}
