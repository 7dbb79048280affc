use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<String>,
    age: i32,
    active: bool,
}

async fn renamed() -> Result<u64> {
    User::query().update(User { id: 1, email: None, age: 36, active: true }).await
}

fn main() {
    let _ = renamed();
}
