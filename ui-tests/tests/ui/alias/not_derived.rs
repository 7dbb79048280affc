use activerecord::prelude::*;
use activerecord::model::Alias;

#[derive(ActiveRecord)]
struct Employee {
    id: i64,
    name: String,
    manager_id: Option<i64>,
}

struct Manager;

fn main() {
    let _ = <Manager as Alias>::column(Employee::ID);
}
