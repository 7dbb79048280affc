use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Letter {
    A,
    B,
}

#[derive(ActiveRecord)]
struct User {
    #[primary_key]
    letter: Letter,
    email: String,
}

fn main() {
    let _ = User::find(Letter::A);
}
