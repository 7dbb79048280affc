use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {
    Active,
    Suspended(String),
}

fn main() {}
