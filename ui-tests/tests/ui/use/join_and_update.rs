use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    balance: Decimal,
}

#[derive(ActiveRecord)]
struct Post {
    id: i64,
    user_id: i64,
    title: String,
}

#[derive(ActiveRecord)]
struct Plane {
    id: i64,
    tailnum: String,
}

fn main() {
    let _ = User::query().join(Post::USER_ID.eq(User::ID)).update(User::EMAIL.set("x"));
}
