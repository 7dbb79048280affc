use activerecord::prelude::*;
use activerecord::transaction::Retry;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<String>,
    age: i32,
    active: bool,
}

async fn count() -> Result<u64> {
    let mut attempts = 0;
    retry(Retry::new(), async || {
        attempts += 1;
        User::count().await
    })
    .await
}

fn main() {
    let _ = count();
}
