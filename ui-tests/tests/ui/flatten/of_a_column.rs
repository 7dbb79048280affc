use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten]
    city: String,
}

fn main() {
    let _ = User::find(1);
}
