use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {}

fn main() {}
