use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

#[derive(ActiveRecord)]
struct Post {
    id: i64,
}

async fn write(user: &User) -> Result<()> {
    User::insert_or_update(user, [Post::ID]).await
}

fn main() {}
