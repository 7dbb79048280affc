//! Large rows: a statement stays below the packet limit of the server.

use activerecord::prelude::*;

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Photo {
    id: i64,
    name: String,
    pixels: Vec<u8>,
}

async fn database() -> Database {
    Database::new(["photos (id ID, name TEXT NOT NULL, pixels BYTES NOT NULL)"]).await
}

/// 40 MB of rows.
#[tokio::test]
async fn many_large_rows() -> Result<()> {
    with_connection(&database().await, async || {
        let photos: Vec<_> =
            (0..160_u8).map(|n| Photo { id: 0, name: n.to_string(), pixels: vec![n; 256 * 1024] }).collect();
        assert_eq!(Photo::bulk_insert(&photos).await?, 160);
        assert_eq!(Photo::count().await?, 160);
        let last = Photo::last().await?.unwrap_or_default();
        assert_eq!((last.name.as_str(), last.pixels == photos[159].pixels), ("159", true));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_text_and_bytes_of_some_megabytes() -> Result<()> {
    with_connection(&database().await, async || {
        let photo = Photo { id: 0, name: "é'\\\"\u{1f6eb}".repeat(200_000), pixels: vec![0xff; 3 << 20] };
        let photo = Photo::create(photo).await?;
        assert!(Photo::find(photo.id).await? == photo);
        Ok(())
    })
    .await
}
