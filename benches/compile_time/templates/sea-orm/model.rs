use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub number: String,
    pub note: Option<String>,
    pub quantity: i32,
    pub weight: f64,
    pub paid: bool,
    pub created_at: DateTimeUtc,
    pub paid_at: Option<DateTimeUtc>,
    pub customer_id: i64,
    pub total: Decimal,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
