//! A model for each type of field.

use activerecord::prelude::*;
use activerecord::{IntoAssignments, IntoColumns};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use test_support::Database;

use super::{Holder, Report, every_value, samples};

macro_rules! fields {
    ($($model:ident: $ty:ty = $values:expr;)*) => {
        $(
            #[derive(ActiveRecord, Clone, Debug)]
            #[table = "held"]
            struct $model {
                id: i64,
                value: $ty,
            }

            impl Holder for $model {
                type Field = $ty;

                fn of(id: i64, value: &$ty) -> Self {
                    Self { id, value: value.clone() }
                }

                fn field(&self) -> &$ty {
                    &self.value
                }

                fn unique() -> impl IntoColumns<Self> + Send {
                    Self::ID
                }

                fn assign(value: &$ty) -> impl IntoAssignments<Self> + Send {
                    Self::VALUE.set(value.clone())
                }
            }
        )*

        /// Writes the values of every type to the column.
        pub(super) async fn every_field(db: &Database, column: &str, report: &mut Report) -> Result<()> {
            $(every_value::<$model>(db, column, &$values, report).await?;)*
            Ok(())
        }
    };
}

fields! {
    Bool: bool = [false, true];
    Byte: u8 = [0, 7, 255];
    I16: i16 = [0, 1, -1, 7, 99, 100, 1901, 2155, i16::MIN, i16::MAX];
    I32: i32 = [0, 1, -1, 70, 1999, 40_000, i32::MIN, i32::MAX];
    I64: i64 = [0, 1, -1, 255, 2_000, (1 << 53) + 1, i64::MIN, i64::MAX];
    U64: u64 = [0, 1, 1 << 40, i64::MAX as u64, u64::MAX];
    F32: f32 = samples::singles();
    F64: f64 = samples::doubles();
    Text: String = samples::texts();
    Bytes: Vec<u8> = samples::bytes();
    Decimals: Decimal = samples::decimals();
    Uuids: Uuid = samples::uuids();
    Date: NaiveDate = samples::dates();
    Time: NaiveTime = samples::times();
    At: NaiveDateTime = samples::datetimes();
    Instant: DateTime<Utc> = samples::datetimes().into_iter().map(|time| time.and_utc()).collect::<Vec<_>>();
    Document: Json<serde_json::Value> = samples::documents();
    Wide: Json<i128> = [Json(1), Json(i128::from(u64::MAX)), Json(i128::from(u64::MAX) + 1), Json(i128::MIN)];
    Integers: Vec<i64> = [vec![], vec![1, i64::MAX]];
    Floats: Vec<f64> = [vec![0.5], vec![0.1, 1e300]];
    Words: Vec<String> = [vec!["a".into(), "abc".into()], vec!["abc  ".into()], vec!["5".into()]];
    Prices: Vec<Decimal> = [vec![dec!(1.5), dec!(2)], vec![dec!(1.25)]];
    Times: Vec<NaiveDateTime> = [samples::datetimes()];
    Maybe: Option<String> = [None, Some("007".into()), Some("abc ".into())];
    MaybePrice: Option<Decimal> = [None, Some(dec!(0.125)), Some(dec!(7))];
}
