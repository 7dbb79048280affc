use activerecord::prelude::*;
use activerecord::model::Cte;

#[derive(ActiveRecord)]
struct Flight {
    id: i64,
    carrier: String,
}

struct Load {
    carrier: String,
}

fn main() {
    let _ = <Load as Cte>::of(Flight::select((Flight::CARRIER,)));
}
