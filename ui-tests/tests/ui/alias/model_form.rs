use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Employee {
    id: i64,
    name: String,
    manager_id: Option<i64>,
}

#[derive(Alias)]
#[alias = "Employee"]
struct Manager;

#[derive(Alias)]
#[alias("Employee")]
struct Chief;

#[derive(Alias)]
#[alias]
struct Head;

fn main() {
    let _ = Employee::query().left_join(Manager::column(Employee::ID).eq(Employee::MANAGER_ID));
}
