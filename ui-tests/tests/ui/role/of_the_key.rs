use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    #[primary_key]
    #[version]
    id: i64,
}

fn main() {
    let _ = User::find(1);
}
