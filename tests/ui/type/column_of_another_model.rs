use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

#[derive(ActiveRecord)]
struct Post {
    id: i64,
    title: String,
}

fn main() {
    let _ = User::filter(Post::TITLE.eq("x"));
}
