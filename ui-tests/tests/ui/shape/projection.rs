use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

#[derive(Projection)]
#[model(User)]
struct Tuple(i64);

#[derive(Projection)]
#[model(User)]
struct Empty {}

#[derive(Projection)]
#[model(User)]
struct Generic<T> {
    id: T,
}

fn main() {
    let _ = User::query().select_as::<Tuple>();
    let _ = User::query().select_as::<Empty>();
    let _ = User::query().select_as::<Generic<i64>>();
}
