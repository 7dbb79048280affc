use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    #[table = "users"]
    id: i64,
    #[hooks]
    email: String,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
