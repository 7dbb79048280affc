use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[version]
    version: String,
}

#[derive(ActiveRecord)]
struct Plane {
    id: i64,
    #[version]
    version: Option<i32>,
}

fn main() {
    let _ = User::filter(User::VERSION.eq("1"));
    let _ = Plane::filter(Plane::VERSION.eq(1));
}
