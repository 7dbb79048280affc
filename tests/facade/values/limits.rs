//! Stored numbers that exceed the range of their fields.

use activerecord::prelude::*;

use super::{Sample, database};

#[tokio::test]
async fn a_stored_number_beyond_the_field_is_an_error() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for (column, beyond) in [
            ("truth", "2"),
            ("truth", "-1"),
            ("tiny", "128"),
            ("tiny", "-129"),
            ("small", "32768"),
            ("int", "2147483648"),
            ("int", "-2147483649"),
            ("utiny", "256"),
            ("utiny", "-1"),
            ("usmall", "65536"),
            ("uint", "4294967296"),
            ("ubig", "-1"),
            ("big", "9223372036854775808"),
            ("big", "1.5"),
            ("single", "1e300"),
            ("single", "-1e300"),
            ("price", "'1.12345678901234567890123456789'"),
            ("price", "'79228162514264337593543950336'"),
            ("price", "'1e-29'"),
            ("level", "0"),
            ("list", "'[9223372036854775808]'"),
            ("prices", "'[\"1.12345678901234567890123456789\"]'"),
        ] {
            let sample = Sample::create(Sample::default()).await?;
            connection(&db)?
                .execute(&format!("UPDATE samples SET {column} = {beyond} WHERE id = ?"), [sample.id])
                .await?;
            let read = Sample::find(sample.id).await;
            assert!(read.is_err_and(|error| error.is_conversion()), "{column} = {beyond}");
        }
        Ok(())
    })
    .await
}
