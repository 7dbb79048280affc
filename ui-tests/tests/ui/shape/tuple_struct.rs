use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User(i64, String);

fn main() {
    let _ = User::query().limit(1);
    let _ = User::find(1);
}
