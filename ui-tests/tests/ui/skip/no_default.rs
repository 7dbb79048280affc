use activerecord::prelude::*;

struct Score(f64);

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    #[skip]
    score: Score,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
