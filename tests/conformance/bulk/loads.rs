//! Bulk loads, on databases that have one. All rows or none are written, with the same values as an INSERT.

use activerecord::prelude::*;
use activerecord::statement::Name;
use activerecord::{ToValue, Value};
use activerecord_core::ProtocolConnection as _;

use super::{ROWS, Reading, database, readings};

#[tokio::test]
async fn all_rows_or_none() -> Result<()> {
    let database = database().await;
    let here = connection(&database)?;
    let columns = ["id", "station", "hour", "temperature", "pressure", "humidity", "rain", "remark"].map(Name::from);
    let mut expected = readings();
    let rows: Vec<Vec<Value>> = expected
        .iter_mut()
        .zip(1..)
        .map(|(reading, id)| {
            reading.id = id;
            values(reading)
        })
        .collect();
    let loaded = here.load(&"readings".into(), &columns, &rows).await?;
    let Some(loaded) = loaded else {
        assert_eq!(Reading::using(&database).count().await?, 0, "nothing is written");
        return Ok(());
    };
    assert_eq!(loaded, rows.len() as u64);
    assert!(Reading::using(&database).order_by(Reading::ID.asc()).all().await? == expected);
    // The last row exists.
    let mut more = vec![rows[0].clone(), rows[1].clone()];
    more[0][0] = Value::I64(i64::from(ROWS) + 1);
    let again = here.load(&"readings".into(), &columns, &more).await;
    assert!(again.is_err_and(|error| error.is_unique_violation()));
    // A value of another type than its column is not loaded: INSERT has to write it.
    more[0][2] = Value::Text("noon".into());
    assert_eq!(here.load(&"readings".into(), &columns, &more[..1]).await?, None);
    assert_eq!(Reading::using(&database).count().await?, loaded);
    Ok(())
}

fn values(reading: &Reading) -> Vec<Value> {
    vec![
        reading.id.to_value(),
        reading.station.to_value(),
        reading.hour.to_value(),
        reading.temperature.to_value(),
        reading.pressure.to_value(),
        reading.humidity.to_value(),
        reading.rain.to_value(),
        reading.remark.to_value(),
    ]
}
