use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[table = "users"]
#[table = "people"]
struct User {
    #[primary_key]
    #[primary_key]
    id: i64,
    email: String,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
