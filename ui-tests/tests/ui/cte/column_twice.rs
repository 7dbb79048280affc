use activerecord::prelude::*;
use activerecord::query::count_rows;

#[derive(ActiveRecord)]
struct Flight {
    id: i64,
    carrier: String,
}

#[derive(Cte)]
struct Load {
    #[column = "flights"]
    carrier: String,
    flights: u64,
    #[allow(non_snake_case)]
    Flights: u64,
}

fn main() {
    let _ = Load::of(Flight::select((Flight::CARRIER, count_rows()))).order_by(Load::FLIGHTS.desc());
}
