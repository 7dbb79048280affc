use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status<T> {
    Active(T),
}

fn main() {}
