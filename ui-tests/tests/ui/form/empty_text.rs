use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[table = ""]
struct User {
    id: i64,
    #[column = " "]
    email: String,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
