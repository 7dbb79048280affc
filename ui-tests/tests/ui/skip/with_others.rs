use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    #[primary_key]
    #[skip]
    id: i64,
    email: String,
    #[skip]
    #[column = "score"]
    score: f64,
    #[version]
    #[skip]
    version: i32,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
