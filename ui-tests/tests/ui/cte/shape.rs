use activerecord::prelude::*;
use activerecord::query::count_rows;

#[derive(ActiveRecord)]
struct Flight {
    id: i64,
    carrier: String,
}

#[derive(Cte)]
enum Kind {
    One,
}

#[derive(Cte)]
struct Pair(String, u64);

#[derive(Cte)]
struct Load<T> {
    carrier: T,
    flights: u64,
}

fn main() {
    let _ = Load::<String>::of(Flight::select((Flight::CARRIER, count_rows())));
}
