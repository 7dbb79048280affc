use activerecord::prelude::*;

mod users {
    use activerecord::prelude::*;

    #[derive(ActiveRecord)]
    pub struct User {
        pub id: i64,
        email: String,
    }
}

use users::User;

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
