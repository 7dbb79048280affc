//! Values on their way to and from a database, and how Rust's types are converted.

pub use activerecord_core::{
    ArrayElement, Flow, FromValue, IntoParams, Json, Row, RowIndex, RowRef, Sink, Stored, ToValue, Value, ValueRef,
    ValueType, format_date, format_datetime, format_time, params,
};
