use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[conection = "primary"]
struct User {
    id: i64,
    #[colunm = "mail"]
    email: String,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
