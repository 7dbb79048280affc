use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[table("users")]
#[version]
struct User {
    #[hooks]
    email: String,
    #[soft_delete]
    deleted: bool,
    #[column = "email"]
    mail: String,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c")).all();
}
