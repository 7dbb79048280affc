use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[allow(non_snake_case)]
struct User {
    id: i64,
    full_name: String,
    fullName: String,
}

fn main() {
    let _ = User::filter(User::FULL_NAME.eq("a"));
}
