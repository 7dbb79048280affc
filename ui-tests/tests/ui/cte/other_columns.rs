use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Flight {
    id: i64,
    carrier: String,
}

#[derive(Cte)]
struct Load {
    carrier: String,
    flights: u64,
}

fn main() {
    let _ = Load::of(Flight::select(Flight::CARRIER));
    let _ = Load::of(Flight::query());
}
