//! Exact decimals, which SQLite lacks. They are stored as text. The collation `decimal` compares them, and
//! `decimal_add`, `decimal_sub`, `decimal_mul`, `decimal_sum` and `decimal_avg` compute with them. Only averages are
//! rounded, to 16 digits after the point, or to fewer, so that they have at most 28 digits.

use std::cmp::Ordering;

use rusqlite::functions::{Aggregate, Context, FunctionFlags, WindowAggregate};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};
use rust_decimal::{Decimal, RoundingStrategy};

/// Every message of these functions begins with it. It identifies their errors.
pub(crate) const PREFIX: &str = "decimal_";

/// Adds the collation and the functions to a connection.
pub(crate) fn add_decimals(connection: &Connection) -> Result<()> {
    connection.create_collation("decimal", compare)?;
    add_function(connection, "decimal_add", add)?;
    add_function(connection, "decimal_sub", |a, b| add(a, -b))?;
    add_function(connection, "decimal_mul", multiply)?;
    connection.create_window_function(SUM.function, 1, flags(), SUM)?;
    connection.create_window_function(AVERAGE.function, 1, flags(), AVERAGE)
}

/// The functions may be used in indexes, generated columns and checks: they are deterministic and without side effects.
pub(super) fn flags() -> FunctionFlags {
    FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS
}

fn add_function(
    connection: &Connection,
    name: &'static str,
    compute: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<()> {
    connection.create_scalar_function(name, 2, flags(), move |context| {
        let (a, b) = (number(name, context.get_raw(0))?, number(name, context.get_raw(1))?);
        let (Some(a), Some(b)) = (a, b) else { return Ok(None) };
        compute(a, b).map(|result| Some(result.to_string())).ok_or_else(|| overflow(name))
    })
}

fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    exactly(a, b, Decimal::checked_add, |a, b| a.scale().max(b.scale()))
}

fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    exactly(a, b, Decimal::checked_mul, |a, b| a.scale() + b.scale())
}

/// The result, unless it was rounded: its scale is then less than the operands need.
fn exactly(
    a: Decimal,
    b: Decimal,
    compute: fn(Decimal, Decimal) -> Option<Decimal>,
    scale: fn(Decimal, Decimal) -> u32,
) -> Option<Decimal> {
    let exact = |a, b| compute(a, b).filter(|result| result.is_zero() || result.scale() >= scale(a, b));
    // Trailing zeros of a fraction use digits that the result may need.
    exact(a, b).or_else(|| exact(a.normalize(), b.normalize()))
}

/// An argument as a number; None for NULL.
fn number(function: &str, value: ValueRef<'_>) -> Result<Option<Decimal>> {
    let number = match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(n) => Some(Decimal::from(n)),
        // The shortest digits of the float: 0.1 is read as 0.1.
        ValueRef::Real(x) => parse(&x.to_string()),
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(parse),
        ValueRef::Blob(_) => None,
    };
    number.map(Some).ok_or_else(|| failure(format!("{function}: an argument is not a decimal of at most 28 digits")))
}

fn parse(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

#[cold]
fn overflow(function: &str) -> Error {
    failure(format!("{function}: the result has more than 28 digits"))
}

#[cold]
fn failure(message: String) -> Error {
    Error::UserFunctionError(message.into())
}

/// The sum and the number of the values that are not NULL.
#[derive(Clone, Copy, Default)]
struct Total {
    sum: Decimal,
    count: u64,
}

/// An aggregate of the rows of a group or of a window. Rows can also leave a window.
struct Totalled {
    function: &'static str,
    /// The result for at least one row; None: it has too many digits.
    result: fn(Total) -> Option<Decimal>,
}

const SUM: Totalled = Totalled { function: "decimal_sum", result: |total| Some(total.sum) };

const AVERAGE: Totalled = Totalled { function: "decimal_avg", result: average };

/// Returns the average with as many digits after the point as in other databases.
fn average(total: Total) -> Option<Decimal> {
    let exact = total.sum.checked_div(Decimal::from(total.count))?;
    let before_point = exact.trunc().abs().to_string().len();
    let places = u32::try_from(28_usize.saturating_sub(before_point).min(16)).ok()?;
    Some(exact.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero))
}

impl Totalled {
    fn finish(&self, total: Option<Total>) -> Result<Option<String>> {
        let Some(total) = total.filter(|total| total.count > 0) else { return Ok(None) };
        let result = (self.result)(total).ok_or_else(|| overflow(self.function))?;
        Ok(Some(result.to_string()))
    }
}

impl Aggregate<Total, Option<String>> for Totalled {
    fn init(&self, _: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        if let Some(value) = number(self.function, context.get_raw(0))? {
            total.sum = add(total.sum, value).ok_or_else(|| overflow(self.function))?;
            total.count += 1;
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> Result<Option<String>> {
        self.finish(total)
    }
}

impl WindowAggregate<Total, Option<String>> for Totalled {
    fn value(&self, total: Option<&mut Total>) -> Result<Option<String>> {
        self.finish(total.copied())
    }

    fn inverse(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        if let Some(value) = number(self.function, context.get_raw(0))? {
            total.sum = add(total.sum, -value).ok_or_else(|| overflow(self.function))?;
            total.count -= 1;
        }
        Ok(())
    }
}

/// The order of decimals as text, of any length. Numbers are ordered by their values: `1.0` equals `1.00`. Other texts
/// come after all numbers, ordered by their bytes.
fn compare(a: &str, b: &str) -> Ordering {
    match (Digits::read(a), Digits::read(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// The digits of a decimal number, without leading and trailing zeros.
#[derive(Debug, PartialEq, Eq)]
struct Digits<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

impl<'t> Digits<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        // Zero has no sign.
        let negative = negative && !(whole.is_empty() && fraction.is_empty());
        Some(Self { negative, whole, fraction })
    }
}

impl Ord for Digits<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
        }
    }
}

impl PartialOrd for Digits<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'t> Digits<'t> {
    /// The absolute value in a form that can be ordered: a shorter whole part is a smaller number.
    fn size(&self) -> (usize, &'t str, &'t str) {
        (self.whole.len(), self.whole, self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        add_decimals(&connection).unwrap();
        connection
    }

    fn eval(sql: &str) -> Result<Option<String>> {
        connection().query_row(&format!("SELECT {sql}"), [], |row| row.get(0))
    }

    #[test]
    fn order_is_by_value_and_total() {
        let sorted = [
            "-1000000000000000000000000000000000000.5",
            "-10",
            "-2.5",
            "-0.25",
            "-0.2",
            "0",
            "0.09",
            "0.1",
            "1",
            "1.01",
            "2",
            "10",
            "100.5",
            "99999999999999999999999999999999999999",
            "",
            "1e5",
            "a",
            "b",
        ];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} and {b}");
            }
        }
    }

    #[test]
    fn zeros_do_not_matter() {
        for (a, b) in [("1", "1.00"), ("01.50", "+1.5"), ("0", "-0.0"), (".5", "0.5"), ("5.", "5")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} and {b}");
        }
    }

    #[test]
    fn arithmetic_is_exact() {
        for (sql, expected) in [
            ("decimal_add('0.1', '0.2')", Some("0.3")),
            ("decimal_add('1.10', 2)", Some("3.10")),
            ("decimal_sub('1', 0.25)", Some("0.75")),
            ("decimal_mul('1.5', '-2.25')", Some("-3.375")),
            ("decimal_mul('1.10000000000000000000', '1.10000000000000000000')", Some("1.21")),
            ("decimal_add(NULL, '1')", None),
            ("decimal_mul('1', NULL)", None),
        ] {
            assert_eq!(eval(sql).unwrap().as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn what_cannot_be_exact_is_an_error() {
        for sql in [
            "decimal_add('79228162514264337593543950335', '1')",
            "decimal_add('79228162514264337593543950335', '0.1')",
            "decimal_mul('1.000000000000001', '1.000000000000001')",
            "decimal_mul('79228162514264337593543950335', '10')",
            "decimal_add('x', '1')",
            "decimal_add(x'00', '1')",
            "decimal_add('1.00000000000000000000000000000001', '1')",
        ] {
            let error = eval(sql).unwrap_err().to_string();
            assert!(error.contains("28 digits") && error.starts_with(PREFIX), "{sql}: {error}");
        }
    }

    #[test]
    fn aggregates_ignore_nulls() {
        let values = "FROM (VALUES ('0.1'), (NULL), ('0.2'), (3))";
        assert_eq!(eval(&format!("decimal_sum(column1) {values}")).unwrap().as_deref(), Some("3.3"));
        assert_eq!(eval(&format!("decimal_avg(column1) {values}")).unwrap().as_deref(), Some("1.1"));
        for aggregate in ["decimal_sum", "decimal_avg"] {
            assert_eq!(eval(&format!("{aggregate}(column1) FROM (VALUES (NULL))")).unwrap(), None);
            assert_eq!(eval(&format!("{aggregate}(column1) {values} WHERE 0")).unwrap(), None);
        }
    }

    #[test]
    fn rows_leave_a_window() {
        let connection = connection();
        let sql = "SELECT decimal_sum(column1) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), \
                   decimal_avg(column1) OVER (ROWS 1 PRECEDING) FROM (VALUES ('0.1'), (NULL), (NULL), ('2'), ('1.00'))";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let found: Vec<(Option<String>, Option<String>)> = rows.map(|row| row.unwrap()).collect();
        let of = |sum: &str, average: &str| (Some(sum.to_owned()), Some(average.to_owned()));
        assert_eq!(found, [of("0.1", "0.1"), of("0.1", "0.1"), (None, None), of("2", "2"), of("3.00", "1.50")]);
    }

    #[test]
    fn the_collation_orders_and_compares_columns() {
        let connection = connection();
        connection
            .execute_batch("CREATE TABLE t (d TEXT); INSERT INTO t VALUES ('10'), ('9.5'), ('-1'), ('9.50')")
            .unwrap();
        let mut statement = connection.prepare("SELECT d FROM t ORDER BY d COLLATE decimal, rowid").unwrap();
        let sorted: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(|d| d.unwrap()).collect();
        assert_eq!(sorted, ["-1", "9.5", "9.50", "10"]);
        let equal =
            connection.query_row("SELECT count(*) FROM t WHERE d = '9.500' COLLATE decimal", [], |row| row.get(0));
        assert_eq!(equal, Ok(2));
    }
}
