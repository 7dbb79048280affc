use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    #[column(generated)]
    id: i64,
    #[column]
    email: String,
    #[column(nane = "x")]
    name: String,
    #[column(name = " ")]
    title: String,
    #[column(generated, default)]
    label: String,
    #[column(default, default)]
    level: i32,
    #[column = "a"]
    #[column(name = "b")]
    age: i32,
    #[version]
    #[column(default)]
    version: i32,
}

#[derive(Cte)]
struct Load {
    #[column(generated)]
    flights: u64,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
