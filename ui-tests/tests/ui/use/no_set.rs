use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

fn main() {
    let _ = User::filter(User::ID.is_in(1));
}
