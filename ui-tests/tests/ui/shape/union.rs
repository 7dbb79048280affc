use activerecord::prelude::*;

#[derive(ActiveRecord)]
union User {
    id: i64,
}

fn main() {
    let _ = User::query().limit(1);
    let _ = User::find(1);
}
