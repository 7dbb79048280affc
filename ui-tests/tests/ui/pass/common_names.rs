//! Models with names that are common in programs. A glob import of them and of the prelude makes no name ambiguous.
#![deny(warnings)]

use activerecord::prelude::*;
use models::*;

mod models {
    use activerecord::prelude::*;

    macro_rules! models {
        ($($name:ident)*) => {$(
            #[derive(ActiveRecord, Debug, Default)]
            pub(crate) struct $name {
                pub(crate) id: i64,
            }
        )*};
    }
    models! { Order Page Event Task Row Plan Rows Cursor Batches Isolation Value Pool Predicate Window Case Inbox }
}

#[test]
fn a_model_can_have_the_name_of_a_type_of_the_library() {
    fn named<M: ActiveRecord>(_: M) -> &'static str {
        M::TABLE.model
    }
    assert_eq!(named(Order::default()), "Order");
    assert_eq!(named(Page::default()), "Page");
    assert_eq!(named(Event::default()), "Event");
    assert_eq!(named(Task::default()), "Task");
    assert_eq!(named(Row::default()), "Row");
    assert_eq!(named(Plan::default()), "Plan");
    let query: Query<Order> = Order::filter(Order::ID.eq(1));
    assert!(query.to_sql("sqlite").is_ok());
    let _ = (Rows::default(), Cursor::default(), Batches::default(), Isolation::default(), Value::default());
    let _ = (Pool::default(), Predicate::default(), Window::default(), Case::default(), Inbox::default());
}
