use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {
    Active,
    Suspended,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[column(default)]
    status: Status,
}

fn main() {
    let _ = User::find(1);
}
