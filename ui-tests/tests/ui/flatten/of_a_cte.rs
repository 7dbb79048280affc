use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    street: String,
    city: String,
}

#[derive(Cte)]
struct Load {
    flights: u64,
    #[flatten]
    home: Address,
}

fn main() {}
