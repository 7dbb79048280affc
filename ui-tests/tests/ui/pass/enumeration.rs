use activerecord::prelude::*;
use activerecord::value::{FromValue, ToValue, Value, ValueRef};

#[derive(ActiveEnum, Debug, PartialEq)]
enum Status {
    Scheduled,
    #[value = "en-route"]
    EnRoute,
    r#Landed,
}

#[derive(ActiveEnum, Debug, PartialEq)]
#[repr(i16)]
enum Level {
    Ground = -1,
    Low,
    High = 300,
}

#[derive(ActiveEnum, Debug, PartialEq)]
#[repr(align(8), u64)]
enum Wide {
    Max = u64::MAX,
}

#[test]
fn a_variant_is_stored_as_its_name() {
    assert_eq!(Status::Scheduled.to_value(), "scheduled".to_value());
    assert_eq!(Status::EnRoute.to_value(), "en-route".to_value());
    assert_eq!(Status::from_value(ValueRef::Text("landed")).unwrap(), Status::Landed);
    assert_eq!(Status::from_value(ValueRef::Text("en-route")).unwrap(), Status::EnRoute);
}

#[test]
fn a_variant_is_stored_as_its_number_under_repr() {
    assert_eq!(
        [Level::Ground, Level::Low, Level::High].map(|level| level.to_value()),
        [-1_i16, 0, 300].map(Value::I16)
    );
    assert_eq!(Level::from_value(ValueRef::I64(300)).unwrap(), Level::High);
    assert_eq!(Wide::from_value(ValueRef::U64(u64::MAX)).unwrap(), Wide::Max);
}

#[test]
fn errors_name_the_enum_and_its_values_only() {
    let error = Status::from_value(ValueRef::Text("s3cret")).unwrap_err();
    assert!(error.is_conversion());
    assert_eq!(error.message(), "the cell does not hold a value of Status; its values are scheduled, en-route, landed");
    let error = Level::from_value(ValueRef::I64(4711)).unwrap_err();
    assert_eq!(error.message(), "the cell does not hold a value of Level; its values are -1, 0, 300");
    let error = Level::from_value(ValueRef::I64(1 << 40)).unwrap_err();
    assert!(error.is_conversion() && !error.to_string().contains("1099511627776"), "{error}");
}
