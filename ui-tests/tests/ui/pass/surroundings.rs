//! Items next to a model do not change the expansion of the macros.
#![no_implicit_prelude]
#![deny(warnings, clippy::all, clippy::pedantic)]

use ::activerecord::{ActiveEnum, ActiveRecord, Projection};

type Result = ();
type Table = ();
type Vec = ();

/// Nothing uses the model, and the compiler reports no dead code.
#[derive(ActiveRecord)]
pub(crate) struct Plane {
    #[primary_key]
    tailnum: ::std::string::String,
    status: Status,
    #[deprecated = "nobody counts them"]
    engines: ::std::option::Option<i32>,
    #[skip]
    _seen: bool,
}

#[derive(ActiveEnum, Clone, Copy)]
pub(crate) enum Status {
    Parked,
    #[deprecated]
    Flying,
}

#[derive(ActiveEnum, Clone, Copy)]
#[repr(u8)]
pub(crate) enum Size {
    Small = 1,
}

#[derive(Projection)]
#[model(Plane)]
pub(crate) struct PlaneStatus {
    pub status: Status,
}

#[test]
fn the_models_are_usable() {
    let statuses = ActiveRecord::query().select_as::<PlaneStatus>();
    ::std::assert!(statuses.to_sql("sqlite").is_ok());
    let _: [(Result, Table, Vec); 0] = [];
    let _ = [Status::Parked, PlaneStatus { status: Status::Parked }.status];
}

#[test]
fn a_model_may_be_local() {
    #[derive(ActiveRecord)]
    struct Local {
        id: i64,
        size: Size,
    }
    let local = Local { id: 1, size: Size::Small };
    ::std::assert_eq!(::activerecord::Model::key(&local), 1);
    let _ = local.size;
}
