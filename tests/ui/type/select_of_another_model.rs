use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

#[derive(ActiveRecord)]
struct Post {
    id: i64,
}

fn main() {
    let _ = User::select((User::ID, Post::ID));
}
