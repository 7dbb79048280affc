//! Facts about expressions.

use super::*;

#[test]
fn conditions_have_three_values() {
    let null = || is(NULL, Eq, n(1));
    let between = |value: Expr, low: Expr, high: Expr| Expr::Between(value.into(), low.into(), high.into());
    let pair = |op| Expr::CompareRows(vec![(n(1), n(1)), (NULL, n(2))], op);
    values([
        (Expr::And(vec![v(true), null()]), "NULL"),
        (Expr::And(vec![null(), v(false)]), "false"),
        (Expr::Or(vec![v(true), null()]), "true"),
        (Expr::Or(vec![v(false), null()]), "NULL"),
        (not(null()), "NULL"),
        (Expr::And(vec![]), "true"),
        (Expr::Or(vec![]), "false"),
        (Expr::IsNull(NULL.into()), "true"),
        (between(n(5), n(6), NULL), "false"),
        (between(n(5), n(1), NULL), "NULL"),
        (between(n(5), n(5), n(5)), "true"),
        (pair(Gt), "NULL"),
        (Expr::CompareRows(vec![(n(2), n(1)), (NULL, n(2))], Gt), "true"),
        (Expr::CompareRows(vec![(n(1), n(1)), (n(2), n(2))], Ge), "true"),
        (Expr::CompareRows(vec![(n(1), n(1)), (n(2), n(2))], Gt), "false"),
        (among(n(1), &[n(1), NULL]), "true"),
        (among(n(1), &[n(2), NULL]), "NULL"),
        (not(among(n(1), &[n(2), NULL])), "NULL"),
        (not(among(n(1), &[n(2)])), "true"),
        (among(NULL, &[]), "false"),
        (among(NULL, &[n(1)]), "NULL"),
    ]);
}

#[test]
fn integers_and_floats() {
    values([
        (math(n(-7), Divide, n(2)), "-3"),
        (math(n(-7), Remainder, n(2)), "-1"),
        (math(n(7), Remainder, n(-2)), "1"),
        (math(n(7), Divide, n(0)), "NULL"),
        (math(n(7), Remainder, n(0)), "NULL"),
        (math(n(i64::MIN), Remainder, n(-1)), "0"),
        (math(n(i64::MIN), Divide, n(-1)), "Conversion"),
        (math(v(1.0), Divide, v(0.0)), "NULL"),
        (math(v(7.0), Divide, v(2.0)), "3.5"),
        (math(v(1_i16), Add, v(2_i32)), "3i32"),
        (math(v(20_000_i16), Add, v(20_000_i16)), "Conversion"),
        (is(math(v(20_000_i16), Add, v(20_000_i16)), Gt, n(0)), "not covered"),
        (math(n(1), Add, NULL), "NULL"),
        (math(v(0_u64), Subtract, v(1_u64)), "Conversion"),
        (math(v(0.1_f32), Multiply, v(3.0_f32)), "0.3f32"),
        (is(math(v(0.1_f32), Multiply, v(3.0_f32)), Eq, v(0.3_f32)), "false"),
        (math(v(1e308), Multiply, v(10.0)), "not covered"),
        (is(math(v(1e308), Multiply, v(10.0)), Gt, v(1.0)), "not covered"),
        (math(v(1e-200), Multiply, v(1e-200)), "not covered"),
        (math(v(i64::MAX.unsigned_abs()), Add, v(1_u64)), "not covered"),
        (Expr::Checked(math(v(200_i16), Add, v(56_i16)).into(), u8_limits()), "Conversion"),
        (Expr::Checked(math(v(200_i16), Add, v(55_i16)).into(), u8_limits()), "255i16"),
        (Expr::Checked(math(v(0_i16), Subtract, v(1_i16)).into(), u8_limits()), "Conversion"),
        (Expr::Checked(math(v(1e308), Multiply, v(10.0)).into(), Limits::of(ValueType::F64)), "Conversion"),
        (Expr::Checked(math(n(i64::MAX), Add, n(1)).into(), Limits::of(ValueType::I64)), "Conversion"),
    ]);
}

fn u8_limits() -> Limits {
    Limits::of(ValueType::I16).between(0, 255)
}

#[test]
fn decimals_are_exact() {
    let d = |decimal: Decimal| v(decimal);
    let tiny = dec!(0.0000000000000001);
    values([
        (math(d(dec!(0.1)), Add, d(dec!(0.20))), "0.3"),
        (math(d(dec!(1.5)), Multiply, d(dec!(-2.25))), "-3.375"),
        (math(d(Decimal::MAX), Add, d(dec!(0.1))), "Conversion"),
        (math(d(Decimal::MAX), Multiply, d(Decimal::MAX)), "Conversion"),
        (math(d(tiny), Multiply, d(tiny)), "not covered"),
        (math(d(dec!(1)), Divide, d(dec!(3))), "Unsupported"),
        (is(d(dec!(1.50)), Eq, d(dec!(1.5))), "true"),
        (is(d(dec!(10)), Gt, d(dec!(9.5))), "true"),
    ]);
    for (decimals, sum_of, average) in [
        (vec![dec!(1), dec!(2), dec!(2)], "5", "1.6666666666666667"),
        (vec![dec!(-0.0000000000000003), dec!(0)], "-0.0000000000000003", "-0.0000000000000002"),
        (vec![dec!(10000000000000), dec!(0), dec!(0)], "10000000000000", "3333333333333.333333333333333"),
        (
            vec![dec!(-200000000000000000000), dec!(0), dec!(0)],
            "-200000000000000000000",
            "-66666666666666666666.66666667",
        ),
        (vec![Decimal::MAX], "79228162514264337593543950335", "79228162514264337593543950335"),
        (vec![Decimal::MAX, dec!(1)], "Conversion", "not covered"),
        (vec![Decimal::MAX, dec!(1), dec!(-1)], "not covered", "not covered"),
        (vec![dec!(0.0000000000000000000000000001)], "0.0000000000000000000000000001", "0"),
    ] {
        let row = |(id, decimal): (i64, &Decimal)| vec![Value::I64(id), Value::Decimal(*decimal)];
        let columns = [("id", ValueType::I64), ("d", ValueType::Decimal)];
        let db = Database::new([table("d", &columns, vec![], (0..).zip(&decimals).map(row).collect())]);
        let of = |function| {
            let items = vec![item(aggregate(function, Expr::Column(column("d", "d", ValueType::Decimal))))];
            shown(db.read(&Select { items, ..Select::from(FromItem::Named("d".into())) }))
        };
        assert_eq!(of(Aggregate::Sum), sum_of, "{decimals:?}");
        assert_eq!(of(Aggregate::Avg), average, "{decimals:?}");
    }
}

#[test]
fn texts_and_dates() {
    let like = |text: &str, pattern: &str, ignore_case| {
        Expr::Like(v(text.to_owned()).into(), LikePattern { pattern: pattern.to_owned(), ignore_case })
    };
    let call = |function, text: &str| Expr::Call(function, vec![v(text.to_owned())]);
    let date = NaiveDate::from_ymd_opt(2024, 3, 3).unwrap();
    let time = date.and_time(NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap());
    let part = |part, of: Expr| Expr::DatePart(part, of.into());
    values([
        (like("50%", r"50\%", false), "true"),
        (like("50x", r"50\%", false), "false"),
        (like("a_b", "a_b", false), "true"),
        (like("äb", "_b", false), "true"),
        (like(r"c\d", r"c\\d", false), "true"),
        (like("abc", "aB%", false), "false"),
        (like("abc", "aB%", true), "true"),
        (like("äb", "ÄB", true), "not covered"),
        (like("a", "a\\", false), "not covered"),
        (like("aXbXc", "%X_", false), "true"),
        (like("", "%", false), "true"),
        (Expr::Like(text("g").into(), LikePattern { pattern: "_".into(), ignore_case: false }), "true"),
        (call(Function::Upper, "aß"), "not covered"),
        (call(Function::Upper, "a-b"), "A-B"),
        (call(Function::Length, "Zürich"), "6"),
        (Expr::Call(Function::Concat, vec![v("a".to_owned()), NULL]), "NULL"),
        (is(v("Z".to_owned()), Lt, v("a".to_owned())), "true"),
        (part(DatePart::Weekday, v(date)), "7i32"),
        (part(DatePart::Second, v(time)), "59i32"),
        (part(DatePart::Date, v(time)), "2024-03-03"),
        (part(DatePart::Weekday, v(time)), "7i32"),
        (part(DatePart::Hour, v(date)), "not covered"),
        (part(DatePart::Year, Expr::Value(Value::Null(ValueType::Date))), "NULL"),
    ]);
}

#[test]
fn json_is_read_by_its_kind() {
    let document = r#"{"n": 7, "x": -7.9, "on": true, "text": "a", "list": [1, "milk"], "none": null, "far": 1e300,
        "much": 1.2345678901234568e18, "beyond": 9.3e18}"#;
    let at = |path: &[JsonStep], kind| Expr::Json(json(document).into(), path.to_vec(), kind);
    let key = |name: &str| [JsonStep::from(name)];
    let contains = |json_text: &str, other: &str| Expr::JsonContains(json(json_text).into(), json(other).into());
    values([
        (at(&key("n"), JsonKind::Integer), "7"),
        (at(&key("x"), JsonKind::Integer), "-7"),
        (at(&key("far"), JsonKind::Integer), "NULL"),
        (at(&key("much"), JsonKind::Integer), "1234567890123456800"),
        (at(&key("beyond"), JsonKind::Integer), "NULL"),
        (at(&key("n"), JsonKind::Float), "7.0"),
        (at(&key("n"), JsonKind::Text), "7"),
        (at(&key("x"), JsonKind::Text), "not covered"),
        (at(&key("on"), JsonKind::Text), "true"),
        (at(&key("on"), JsonKind::Bool), "true"),
        (at(&key("text"), JsonKind::Integer), "NULL"),
        (at(&key("list"), JsonKind::Text), "NULL"),
        (at(&key("none"), JsonKind::Text), "NULL"),
        (at(&["list".into(), 1.into()], JsonKind::Text), "milk"),
        (at(&["list".into(), "1".into()], JsonKind::Text), "NULL"),
        (is(json(r#"{"a": 1, "b": [2]}"#), Eq, json(r#"{"b":[2],"a":1}"#)), "true"),
        (is(json("1"), Lt, json("2")), "Unsupported"),
        (contains(r#"{"a": [1, {"b": 2, "c": 3}]}"#, r#"{"a": [{"c": 3}]}"#), "true"),
        (contains(r#"{"a": [1]}"#, r#"{"a": [2]}"#), "false"),
        (contains("[1, 2]", "2"), "true"),
        (contains("[[1, 2]]", "2"), "false"),
        (is(json("[1]"), Eq, json("[1, 2]")), "false"),
        (is(json(r#"{"a": 1}"#), Eq, json(r#"{"a": 1, "b": 2}"#)), "false"),
    ]);
}

#[test]
fn choices() {
    let case = |arms, otherwise| Expr::Case(Box::new(Case { arms, otherwise }));
    let scalar = |filter| Expr::Subquery(sub(Select { filter: Some(filter), ..from(&U, [u("id")]) }));
    values([
        (case(vec![(is(NULL, Eq, n(1)), n(1)), (v(true), n(2))], Some(n(3))), "2"),
        (case(vec![(v(false), n(1))], None), "NULL"),
        (case(vec![(v(false), v(1_i16))], Some(n(2))), "2"),
        (case(vec![], None), "InvalidStatement"),
        (Expr::Call(Function::Coalesce, vec![NULL, n(2)]), "2"),
        (scalar(is(u("id"), Eq, n(3))), "3"),
        (scalar(is(u("id"), Eq, n(4))), "NULL"),
        (scalar(is(u("id"), Gt, n(1))), "not covered"),
        (Expr::Refused(Refused::TooDeep), "Unsupported"),
        ((0..110).fold(n(1), |inner, _| math(inner, Add, n(1))), "Unsupported"),
        ((0..90).fold(n(1), |inner, _| math(inner, Add, n(1))), "91"),
    ]);
}
