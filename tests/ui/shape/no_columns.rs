use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {}

fn main() {}
