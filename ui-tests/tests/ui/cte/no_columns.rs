use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Flight {
    id: i64,
    carrier: String,
}

#[derive(Cte)]
struct Load {
    #[skip]
    flights: u64,
}

fn main() {}
