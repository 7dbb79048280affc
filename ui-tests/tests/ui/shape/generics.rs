use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[hooks]
struct Tagged<T> {
    id: i64,
    tag: T,
}

impl<T: Send + Sync + 'static> Hooks for Tagged<T> {}

fn main() {
    let _ = Tagged::<String>::filter(Tagged::TAG.eq("a"));
    let _ = Tagged::<String>::find(1);
}
