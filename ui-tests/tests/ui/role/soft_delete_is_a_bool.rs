use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[soft_delete]
    deleted: bool,
}

fn main() {
    let _ = User::filter(User::DELETED.eq(false));
}
