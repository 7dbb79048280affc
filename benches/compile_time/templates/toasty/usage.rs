use toasty::{Db, Result};

use crate::invoice::Invoice;

pub async fn find(db: &mut Db, id: i64) -> Result<Invoice> {
    Invoice::get_by_id(db, &id).await
}

pub async fn paid_by(db: &mut Db, customer: i64) -> Result<Vec<Invoice>> {
    let paid = Invoice::fields().customer_id().eq(customer).and(Invoice::fields().paid().eq(true));
    Invoice::filter(paid).order_by(Invoice::fields().created_at().desc()).limit(10).exec(db).await
}

pub async fn insert(db: &mut Db, invoice: Invoice) -> Result<Invoice> {
    toasty::create!(Invoice {
        id: invoice.id,
        number: invoice.number,
        note: invoice.note,
        quantity: invoice.quantity,
        weight: invoice.weight,
        paid: invoice.paid,
        created_at: invoice.created_at,
        paid_at: invoice.paid_at,
        customer_id: invoice.customer_id,
        total: invoice.total,
    })
    .exec(db)
    .await
}
