use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[version]
    #[soft_delete]
    a: Option<i32>,
}

fn main() {}
