use activerecord::prelude::*;
use activerecord::query::count_rows;

#[derive(ActiveRecord)]
struct Flight {
    id: i64,
    carrier: String,
}

#[derive(Cte)]
#[column = "x"]
struct Load {
    carrier: String,
    flights: u64,
}

fn main() {
    let _ = Load::of(Flight::select((Flight::CARRIER, count_rows()))).order_by(Load::FLIGHTS.desc());
}
