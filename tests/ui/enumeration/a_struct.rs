use activerecord::prelude::*;

#[derive(ActiveEnum)]
struct Status;

fn main() {}
