use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Employee {
    id: i64,
    name: String,
    manager_id: Option<i64>,
}

#[derive(ActiveRecord)]
struct Plane {
    id: i64,
}

#[derive(Alias)]
#[alias(Employee)]
struct Manager;

fn main() {
    let _ = Manager::column(Plane::ID);
}
