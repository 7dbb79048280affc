use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    name: Option<String>,
}

#[derive(Projection)]
#[model = "User"]
struct UserEmail {
    email: String,
}

#[derive(Projection)]
#[model("User")]
struct UserId {
    id: i64,
}

fn main() {
    let _ = User::query().select_as::<UserEmail>();
    let _ = User::query().select_as::<UserId>();
}
