use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Employee {
    id: i64,
    name: String,
    manager_id: Option<i64>,
}

#[derive(Alias)]
#[alias(Employee)]
#[alias(Employee)]
struct Manager;

fn main() {
    let _ = Employee::query().left_join(Manager::column(Employee::ID).eq(Employee::MANAGER_ID));
}
