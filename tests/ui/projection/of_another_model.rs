use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
}

#[derive(ActiveRecord)]
struct Post {
    id: i64,
}

#[derive(Projection)]
#[model(User)]
struct UserEmail {
    email: String,
}

fn main() {
    let _ = Post::query().select_as::<UserEmail>();
}
