use activerecord::prelude::*;

#[derive(ActiveRecord, Default)]
struct Event {
    id: Uuid,
}

#[derive(ActiveRecord, Default)]
struct Note {
    #[primary_key]
    key: Option<i64>,
}

#[test]
fn a_key_may_be_a_uuid_or_optional() {
    assert_eq!(Event::default().key(), Uuid::nil());
    assert_eq!(Note::default().key(), None);
    drop((Event::find(Uuid::nil()), Note::find(Some(1))));
}
