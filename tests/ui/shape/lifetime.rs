use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User<'a> {
    id: i64,
    name: &'a str,
}

fn main() {}
