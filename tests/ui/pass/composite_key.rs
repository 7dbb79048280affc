use activerecord::prelude::*;

#[derive(ActiveRecord, Clone)]
struct Flight {
    #[primary_key]
    carrier: String,
    #[primary_key]
    number: i32,
}

fn main() {
    let _ = Flight::find(("AA".to_owned(), 1));
    let flight = Flight { carrier: "AA".into(), number: 1 };
    assert_eq!(flight.key(), ("AA".to_owned(), 1));
}
