//! Models in the expansion of another macro. The compiler passes the arguments of that macro as invisible groups.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

macro_rules! models {
    ($($vis:vis $name:ident = $table:literal { $key:ident: $ty:ty, $deleted:ty })*) => {$(
        #[derive(ActiveRecord)]
        #[table = $table]
        $vis struct $name {
            #[primary_key]
            $key: $ty,
            #[version]
            version: $ty,
            #[soft_delete]
            deleted_at: $deleted,
        }
    )*};
}

models! {
    Plane = "planes" { number: i64, Option<DateTime<Utc>> }
    pub(crate) Airport = "fields" { code: i32, std::option::Option<DateTime<Utc>> }
}

macro_rules! enums {
    ($($name:ident { $($variant:ident = $value:literal)* })*) => {$(
        #[derive(ActiveEnum)]
        enum $name {
            $(#[value = $value] $variant),*
        }
    )*};
}

enums! {
    Surface { Grass = "grass" Asphalt = "asphalt" }
}

#[test]
fn models_of_a_macro_are_like_handwritten_ones() {
    assert_eq!(Airport::TABLE.name, "fields");
    assert_eq!(Plane::TABLE.columns[2].rust_type, "Option<DateTime<Utc>>");
    let _ = Plane::filter(Plane::NUMBER.eq(1) & Plane::DELETED_AT.is_null());
    assert_eq!(params![Surface::Grass, Surface::Asphalt], params!["grass", "asphalt"]);
}
