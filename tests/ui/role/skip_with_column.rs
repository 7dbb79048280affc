use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[skip]
    #[column = "x"]
    score: f64,
}

fn main() {}
