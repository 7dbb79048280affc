use activerecord::prelude::*;

struct Settings {
    dark: bool,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    settings: Settings,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
