use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User(i64, String);

fn main() {
    let _ = User::all();
}
