use activerecord::prelude::*;

struct Employee;

#[derive(Alias)]
#[alias(Employee)]
struct Manager;

fn main() {
    let _ = Manager::query();
}
