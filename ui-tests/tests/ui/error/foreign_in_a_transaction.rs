use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<String>,
    age: i32,
    active: bool,
}

async fn parsed(age: &str) -> Result<u64> {
    transaction("primary", async || {
        let age: i32 = age.parse()?;
        User::filter(User::AGE.eq(age)).count().await
    })
    .await
}

fn main() {
    let _ = parsed("36");
}
