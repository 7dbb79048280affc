use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {}

#[derive(ActiveRecord)]
struct Cache {
    #[skip]
    id: i64,
}

fn main() {
    let _ = User::query().limit(1);
    let _ = User::find(1);
}
