use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;

diesel::table! {
    invoices (id) {
        id -> Int8,
        number -> Text,
        note -> Nullable<Text>,
        quantity -> Int4,
        weight -> Float8,
        paid -> Bool,
        created_at -> Timestamptz,
        paid_at -> Nullable<Timestamptz>,
        customer_id -> Int8,
        total -> Numeric,
    }
}

#[derive(AsChangeset, Clone, Debug, Identifiable, Insertable, PartialEq, Queryable, Selectable)]
#[diesel(table_name = invoices)]
pub struct Invoice {
    pub id: i64,
    pub number: String,
    pub note: Option<String>,
    pub quantity: i32,
    pub weight: f64,
    pub paid: bool,
    pub created_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
    pub customer_id: i64,
    pub total: Decimal,
}
