use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    name: Option<String>,
}

struct UserEmail {
    email: String,
}

fn main() {
    let _ = User::query().select_as::<UserEmail>();
}
