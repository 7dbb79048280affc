use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

fn main() {
    let _ = User::filter_raw("id = ? AND x = ?", (1, "a"));
}
