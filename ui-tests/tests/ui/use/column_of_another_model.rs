use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    age: Option<i32>,
}

#[derive(ActiveRecord)]
struct Plane {
    tailnum: String,
    #[primary_key]
    id: i64,
}

fn main() {
    let _ = User::filter(Plane::TAILNUM.eq("N10156"));
}
