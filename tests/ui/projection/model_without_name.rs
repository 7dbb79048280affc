use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
}

#[derive(Projection)]
#[model = "User"]
struct UserEmail {
    email: String,
}

fn main() {}
