//! Query plans.

use super::*;
use activerecord::query::count_rows;

#[tokio::test]
async fn a_plan_has_the_sql_and_the_rows() -> Result<()> {
    with_data(async || {
        let plan = Flight::filter(Flight::ID.eq(3)).explain().await?;
        assert!(plan.sql.starts_with("SELECT") && !plan.rows.is_empty(), "{plan:?}");
        let shown = plan.to_string();
        assert!(shown.contains("flights") && shown.lines().count() > plan.rows.len(), "{shown}");
        let joined = Flight::query().join(Airline::CARRIER.eq(Flight::CARRIER)).group_by(Airline::NAME);
        let plan = joined.select((Airline::NAME, count_rows())).explain().await?.to_string();
        assert!(plan.contains("GROUP BY"), "{plan}");
        Ok(())
    })
    .await
}
