//! Times that are stored as numbers.

use super::stored::at;
use activerecord::prelude::*;
use chrono::{DateTime, Utc};
use test_support::DatabaseFile;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "spelt"]
struct Numbered {
    id: i64,
    #[column(stored = "unix_micros")]
    v: DateTime<Utc>,
    #[column(stored = "unix")]
    w: Option<DateTime<Utc>>,
}

#[tokio::test]
async fn parts_of_numbers_are_those_of_their_times() -> Result<()> {
    let db = DatabaseFile::new(["spelt (id INTEGER PRIMARY KEY, v INTEGER NOT NULL, w INTEGER)"]).await;
    with_connection(&db, async || {
        let late = at("1969-12-31T23:59:59.999999").and_utc();
        Numbered::create(Numbered { id: 0, v: late, w: Some(at("2024-01-31T09:05:07").and_utc()) }).await?;
        let parts = Numbered::select((Numbered::V.year(), Numbered::V.second(), Numbered::V.date())).all().await?;
        assert_eq!(parts, [(1969, 59, late.date_naive())]);
        let parts = Numbered::select((Numbered::W.year(), Numbered::W.hour(), Numbered::W.second())).all().await?;
        assert_eq!(parts, [(Some(2024), Some(9), Some(7))]);
        Ok(())
    })
    .await
}
