use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {
    Active,
    #[value = "active"]
    Enabled,
}

fn main() {}
