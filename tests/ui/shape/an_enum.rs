use activerecord::prelude::*;

#[derive(ActiveRecord)]
enum User {
    Admin,
}

fn main() {}
