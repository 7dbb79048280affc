use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[scope_required = true]
#[hooks(after_save)]
struct User {
    #[primary_key = "id"]
    id: i64,
    email: String,
}

impl Hooks for User {}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
