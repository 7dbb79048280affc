use activerecord::prelude::*;

use crate::invoice::Invoice;

pub async fn find(id: i64) -> Result<Invoice> {
    Invoice::find(id).await
}

pub async fn paid_by(customer: i64) -> Result<Vec<Invoice>> {
    let paid = Invoice::CUSTOMER_ID.eq(customer) & Invoice::PAID.eq(true);
    Invoice::filter(paid).order_by(Invoice::CREATED_AT.desc()).limit(10).all().await
}

pub async fn insert(invoice: &mut Invoice) -> Result<()> {
    invoice.insert().await
}
