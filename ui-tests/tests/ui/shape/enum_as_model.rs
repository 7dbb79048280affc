use activerecord::prelude::*;

#[derive(ActiveRecord)]
enum User {
    Active,
}

fn main() {
    let _ = User::query().limit(1);
    let _ = User::find(1);
}
