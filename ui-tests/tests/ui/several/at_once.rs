use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[table("users")]
#[column = "x"]
#[activerecord(tabel = "users")]
struct User {
    user_id: i64,
    #[hooks]
    email: String,
    #[column = "email"]
    address: String,
    #[version]
    version: bool,
    #[skip]
    #[created_at]
    at: (),
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
