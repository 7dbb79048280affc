use activerecord::prelude::*;

struct User {
    id: i64,
}

fn first<M: ActiveRecord>() {
    let _ = M::query().limit(1);
}

fn main() {
    first::<User>();
}
