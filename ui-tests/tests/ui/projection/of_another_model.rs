use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    name: Option<String>,
}

#[derive(ActiveRecord)]
struct Plane {
    id: i64,
}

#[derive(Projection)]
#[model(Plane)]
struct PlaneId {
    id: i64,
}

fn main() {
    let _ = User::query().select_as::<PlaneId>();
}
