use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseConnection, IntoActiveModel, QueryOrder, QuerySelect};

use crate::invoice::{Column, Entity, Model};

pub async fn find(db: &DatabaseConnection, id: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

pub async fn paid_by(db: &DatabaseConnection, customer: i64) -> Result<Vec<Model>, DbErr> {
    let of_customer = Entity::find().filter(Column::CustomerId.eq(customer));
    of_customer.filter(Column::Paid.eq(true)).order_by_desc(Column::CreatedAt).limit(10).all(db).await
}

pub async fn insert(db: &DatabaseConnection, invoice: Model) -> Result<Model, DbErr> {
    invoice.into_active_model().insert(db).await
}
