use activerecord::prelude::*;

struct User;

fn all<M: ActiveRecord>() {}

fn main() {
    all::<User>();
}
