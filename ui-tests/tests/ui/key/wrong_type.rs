use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

fn main() {
    let _ = User::find("1");
}
