//! Values that exceed the size of their column. They are refused or stored completely, never truncated.

use activerecord::prelude::*;

use super::{SECRET, shown};
use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Label {
    id: i64,
    name: String,
    size: i32,
}

#[tokio::test]
async fn too_long_and_out_of_range() -> Result<()> {
    let db = Database::new(["labels (id ID, name VARCHAR(5) NOT NULL, size I16 NOT NULL)"]).await;
    with_connection(&db, async || {
        let long = Label { name: SECRET.into(), ..Default::default() };
        let large = Label { size: 70_000, ..Default::default() };
        for label in [long, large] {
            match Label::create(label.clone()).await {
                Ok(kept) => {
                    assert!(!db.profile().limited_columns);
                    assert_eq!(Label::find(kept.id).await?, kept);
                }
                Err(error) => {
                    assert!(db.profile().limited_columns && error.is_conversion(), "{error:?}");
                    assert!(!shown(&error).contains(SECRET), "{error:?}");
                    assert_eq!((error.model(), error.connection()), (Some("Label"), Some(&*db)));
                    let many = [Label::default(), label];
                    assert!(Label::bulk_insert(&many).await.is_err_and(|error| error.is_conversion()));
                    assert_eq!(Label::count().await?, 0);
                }
            }
        }
        Ok(())
    })
    .await
}
