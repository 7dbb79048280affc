use activerecord::prelude::*;

struct User {
    id: i64,
}

fn main() {
    let _ = User::using("secondary");
}
