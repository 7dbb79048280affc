use activerecord::prelude::*;

#[allow(non_snake_case)]
#[derive(ActiveRecord)]
struct User {
    id: i64,
    home_town: String,
    homeTown: String,
}

fn main() {}
