use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

#[derive(Clone, Debug, PartialEq)]
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
