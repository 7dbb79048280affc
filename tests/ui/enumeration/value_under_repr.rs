use activerecord::prelude::*;

#[derive(ActiveEnum)]
#[repr(i16)]
enum Status {
    #[value = "a"]
    Active = 1,
}

fn main() {}
