use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[skip]
    score: f64,
}

fn main() {
    let _ = User::filter(User::SCORE.gt(1.0));
}
