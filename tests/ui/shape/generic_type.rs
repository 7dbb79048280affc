use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User<T> {
    id: i64,
    value: T,
}

fn main() {}
