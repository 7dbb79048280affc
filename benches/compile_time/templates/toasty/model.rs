use jiff::Timestamp;
use rust_decimal::Decimal;

#[derive(Clone, Debug, PartialEq, toasty::Model)]
pub struct Invoice {
    #[key]
    pub id: i64,
    pub number: String,
    pub note: Option<String>,
    pub quantity: i32,
    pub weight: f64,
    pub paid: bool,
    pub created_at: Timestamp,
    pub paid_at: Option<Timestamp>,
    pub customer_id: i64,
    pub total: Decimal,
}
