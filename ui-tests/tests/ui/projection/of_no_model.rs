use activerecord::prelude::*;

struct User {
    id: i64,
}

#[derive(Projection)]
#[model(User)]
struct UserId {
    id: i64,
}

fn main() {}
