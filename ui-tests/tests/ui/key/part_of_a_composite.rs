use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Seat {
    #[primary_key]
    row: i32,
    #[primary_key]
    letter: String,
}

fn main() {
    let _ = Seat::find(12);
}
