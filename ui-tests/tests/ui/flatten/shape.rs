use activerecord::prelude::*;

#[derive(Embedded)]
enum Kind {
    One,
}

#[derive(Embedded)]
struct Pair(i64, i64);

#[derive(Embedded)]
struct Range<T> {
    low: T,
    high: T,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten]
    kind: Kind,
    #[flatten]
    range: Range<i64>,
}

fn main() {
    let _ = User::filter(User::RANGE.low.eq(1));
}
