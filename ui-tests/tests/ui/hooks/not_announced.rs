use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
}

impl Hooks for User {
    async fn before_save(&mut self) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
