use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User<'a> {
    id: i64,
    email: &'a str,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
