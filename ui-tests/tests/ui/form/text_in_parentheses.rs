use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[connection("primary")]
#[table("users")]
struct User {
    id: i64,
    #[column("mail")]
    email: String,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
