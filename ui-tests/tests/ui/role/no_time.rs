use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[created_at]
    created_at: i64,
    #[updated_at]
    updated_at: Option<String>,
    #[soft_delete]
    deleted: Option<bool>,
}

fn main() {
    let _ = User::filter(User::CREATED_AT.eq(0));
}
