use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<String>,
    age: i32,
    active: bool,
}

async fn count() -> Result<u64> {
    transaction("primary", async { User::count().await }).await
}

fn main() {
    let _ = count();
}
