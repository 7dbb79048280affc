use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[hook]
struct User {
    id: i64,
}

impl Hooks for User {
    async fn before_save(&mut self) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = User::find(1);
}
