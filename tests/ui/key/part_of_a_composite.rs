use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    #[primary_key]
    a: i64,
    #[primary_key]
    b: i64,
}

fn main() {
    let _ = User::find(1_i64);
}
