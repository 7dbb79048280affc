use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Employee {
    id: i64,
    name: String,
    manager_id: Option<i64>,
}

#[derive(Alias)]
#[alias(Employee)]
struct Manager<T>(T);

fn main() {
    let _ = Manager::<i64>::column(Employee::ID);
}
