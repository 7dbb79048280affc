//! Snapshots of the expansion of each derive and each attribute.

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// The expansion of a derive on this item, formatted.
fn expansion(derive: fn(&DeriveInput) -> TokenStream, item: &str) -> String {
    let input = syn::parse_str(item).expect("an item");
    let file = syn::parse2(derive(&input)).expect("a file of items");
    format!("{}\n\n{}", item.trim(), prettyplease::unparse(&file))
}

/// One test per line: its name, the derive, and the item.
macro_rules! snapshots {
    ($($name:ident: $derive:ident $item:literal)*) => {$(
        #[test]
        fn $name() {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(stringify!($name), expansion(super::$derive, $item));
            });
        }
    )*};
}

snapshots! {
    model: model "pub struct User { pub id: i64, pub email: String, name: Option<String> }"
    model_connection: model r#"#[connection = "analytics"] struct User { id: i64 }"#
    model_table: model r#"#[table = "audit.users"] struct User { id: i64 }"#
    model_hooks: model "#[hooks] struct User { id: i64 }"
    model_scope_required: model "#[scope_required] struct User { id: i64 }"
    model_crate: model "#[activerecord(crate = crate::orm)] struct User { id: i64 }"
    model_crate_in_quotes: model r#"#[activerecord(crate = "crate::orm")] struct User { id: i64 }"#
    model_primary_key: model "struct Plane { #[primary_key] tailnum: String, id: i64 }"
    model_composite_key: model "struct Seat { class: String, #[primary_key] row: i32, #[primary_key] letter: String }"
    model_column: model r#"struct User { id: i64, #[column = "mail"] email: String }"#
    model_column_settings: model r#"struct User { id: i64, #[column(name = "mail", generated)] email: String, #[column(default)] age: Option<i32> }"#
    model_column_stored: model r#"struct Token { #[column(stored = "blob")] id: Uuid, #[column(name = "made", stored = "iso")] at: DateTime<Utc> }"#
    model_created_at: model "struct User { id: i64, #[created_at] made: DateTime<Utc> }"
    model_updated_at: model "struct User { id: i64, #[updated_at] changed: DateTime<Utc> }"
    model_version: model "struct User { id: i64, #[version] version: i32 }"
    model_soft_delete: model "struct User { id: i64, #[soft_delete] gone: Option<DateTime<Utc>> }"
    model_skip: model "struct User { #[skip] score: f64, id: i64 }"
    model_flatten: model "struct User { id: i64, #[flatten] pub address: Address, name: String }"
    model_flatten_prefix: model r#"struct User { #[flatten(prefix = "home_")] home: Address, #[primary_key] id: i64, #[version] v: i32 }"#
    model_flatten_in_error: model "struct User { #[flatten] home: Option<Address>, id: i64 }"
    model_raw_identifiers: model "struct r#Type { id: i64, pub(crate) r#type: String }"
    model_in_error: model "pub struct User<T> { pub id: i64, #[skip] #[version] email: T }"
    model_with_hooks_in_error: model "#[hooks] struct User(i64);"
    embedded: embedded "pub struct Address { pub city: String, #[column = \"postcode\"] zip: Option<String> }"
    embedded_column_settings: embedded "struct Address { #[column = \"postcode\"] #[column(default)] zip: String, #[column(generated)] label: String }"
    embedded_column_stored: embedded r#"struct Times { #[column(stored = "unix")] at: DateTime<Utc> }"#
    embedded_nested: embedded r#"struct Address { city: String, #[flatten(prefix = "geo_")] at: Point, #[created_at] made: NaiveDate }"#
    embedded_skip: embedded "struct Address { #[skip] score: f64, city: String }"
    embedded_crate: embedded "#[activerecord(crate = orm)] struct Address { city: String }"
    embedded_in_error: embedded "pub struct Address { #[primary_key] pub id: i64 }"
    enumeration: active_enum "enum Status { Active, OnHold }"
    enumeration_value: active_enum r#"enum Status { Active, #[value = "on hold"] OnHold }"#
    enumeration_repr: active_enum "#[repr(i16)] enum Level { Low = -1, High }"
    enumeration_crate: active_enum "#[activerecord(crate = orm)] enum Status { Active }"
    enumeration_in_error: active_enum "enum Status { Active, Other(String) }"
    projection: projection "#[model(models::User)] struct UserEmail { id: i64, r#type: Option<String> }"
    projection_crate: projection "#[activerecord(crate = orm)] #[model(User)] struct UserId { id: i64 }"
    projection_in_error: projection "#[model(User)] struct UserId {}"
    projection_of_no_model: projection "struct UserId { id: i64 }"
    alias: alias "#[alias(models::Employee)] struct TheManager;"
    alias_crate: alias "#[activerecord(crate = orm)] #[alias(Employee)] struct Manager;"
    alias_in_error: alias "#[alias(Employee)] struct Manager<T>(T);"
    alias_of_no_model: alias "struct Manager;"
    cte: cte "pub struct CarrierLoad { pub carrier: String, flights: u64 }"
    cte_crate: cte "#[activerecord(crate = orm)] struct Load { flights: u64 }"
    cte_column: cte "struct Load { #[column = \"n\"] flights: u64 }"
    cte_skip: cte "struct Load { #[skip] score: f64, flights: u64 }"
    cte_in_error: cte "struct Load { #[skip] flights: u64 }"
}
