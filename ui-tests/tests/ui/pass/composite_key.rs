use activerecord::prelude::*;

#[derive(ActiveRecord, Debug, Default, PartialEq)]
struct Seat {
    class: String,
    #[primary_key]
    row: i32,
    #[primary_key]
    letter: String,
}

#[test]
fn a_composite_key_is_a_tuple_in_the_order_of_the_fields() {
    let seat = Seat { class: "first".into(), row: 1, letter: "A".into() };
    assert_eq!(seat.key(), (1, "A".to_owned()));
    assert_eq!(Seat::key_values(&seat.key()), params![1, "A"]);
    assert_eq!(Seat::TABLE.key, [1, 2]);
    drop(Seat::find((1, "A".to_owned())));
}
