use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::invoice::{Invoice, invoices};

pub async fn find(db: &mut AsyncPgConnection, id: i64) -> QueryResult<Invoice> {
    invoices::table.find(id).select(Invoice::as_select()).first(db).await
}

pub async fn paid_by(db: &mut AsyncPgConnection, customer: i64) -> QueryResult<Vec<Invoice>> {
    let paid = invoices::customer_id.eq(customer).and(invoices::paid.eq(true));
    invoices::table
        .filter(paid)
        .order(invoices::created_at.desc())
        .limit(10)
        .select(Invoice::as_select())
        .load(db)
        .await
}

pub async fn insert(db: &mut AsyncPgConnection, invoice: &Invoice) -> QueryResult<usize> {
    diesel::insert_into(invoices::table).values(invoice).execute(db).await
}
