//! Values that columns can change.

use activerecord::prelude::*;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

pub(super) fn singles() -> Vec<f32> {
    vec![0.0, 1.0, 0.5, 0.1, -2.5, 1.005, 16_777_216.0, 1e10, f32::MAX, f32::MIN_POSITIVE, f32::NAN, f32::INFINITY]
}

pub(super) fn doubles() -> Vec<f64> {
    let mut doubles =
        vec![0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 1.25, 99.995, 1.0 / 3.0, 0.1 + 0.2, 1e-7, 1e15];
    doubles.extend([
        9_007_199_254_740_992.0,
        1e18,
        9.3e18,
        1.9e19,
        1e30,
        1e300,
        f64::MAX,
        5e-324,
        f64::NAN,
        f64::INFINITY,
    ]);
    doubles.extend([f64::from(0.1_f32), 123_456.789, 2_000.0]);
    doubles
}

pub(super) fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "a",
        "A",
        "b",
        "a ",
        " a",
        "abc",
        "ABC",
        "abc  ",
        "abcde",
        "abcdef",
        "abcde ",
        "007",
        "7",
        "5",
        "1",
        "2",
        "1.5",
        "1.50",
        "1e5",
        "1E+5",
        "1e",
        "e5",
        " 12 ",
        "12abc",
        "0x10",
        "+5",
        "-0",
        "-7",
        "5.",
        ".5",
        ".",
        " ",
        "  ",
        "\t5",
        "5\n",
        "--5",
        "inf",
        "nan",
        "Infinity",
        "9223372036854775807",
        "9223372036854775808",
        "100000000000000000000",
        "0.1234567890123456789",
        "1e999",
        "é",
        "ééééé",
        "ßßß",
        "a,b",
        "b,a",
        "a,a",
        "5,a",
        "true",
        "null",
        "[1]",
        "{\"a\":1}",
        "\"x\"",
        "2024-01-31",
        "09:05:00",
        "2024-01-31 09:05:00",
        "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "67E55044-10B1-426F-9247-BB680E5FE0C8",
        "67e5504410b1426f9247bb680e5fe0c8",
        "::1",
        "0:0:0:0:0:0:0:1",
        "a\u{0}b",
        "12\u{0}",
        "１２",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend(["x".repeat(63), "x".repeat(64), format!("{}é", "x".repeat(62)), "x".repeat(300)]);
    texts.extend([format!("{}  ", "x".repeat(255)), format!("{} ", "x".repeat(36))]);
    texts
}

pub(super) fn bytes() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 10] = [
        b"",
        b"\0",
        b"abc",
        b"12",
        b" ",
        b"abcde",
        b"abcde\0",
        b"abcde ",
        b"0123456789abcdef",
        b"0123456789abcdefghij",
    ];
    texts.map(<[u8]>::to_vec).to_vec()
}

pub(super) fn decimals() -> Vec<Decimal> {
    let mut decimals = vec![
        dec!(0),
        dec!(1),
        dec!(1.5),
        dec!(1.50),
        dec!(2.5),
        dec!(-0.01),
        dec!(0.1),
        dec!(0.125),
        dec!(99.995),
        dec!(12345678.90),
        dec!(12345678901234),
        dec!(123456789012345),
        dec!(1234567890123456),
        dec!(123456789012345678.91),
        dec!(0.123456789012345),
        dec!(0.1234567890123456),
        dec!(0.12345678901234567),
        dec!(9223372036854775807),
        dec!(9223372036854775808),
        dec!(100000000000000000000),
        dec!(1e20),
        dec!(100),
        dec!(50),
        dec!(1500),
        dec!(2000.0),
        Decimal::MAX,
        Decimal::MIN,
        Decimal::new(1, 28),
        Decimal::new(25, 1),
        Decimal::new(1, 10),
    ];
    decimals.extend((1..20_u32).map(|n| Decimal::new(i64::from(n) * 7_919_773_331, n % 14)));
    decimals
}

pub(super) fn uuids() -> Vec<Uuid> {
    let digits = 0x1111_1111_1111_1111_1111_1111_1111_1111;
    vec![Uuid::from_u128(digits), Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8), Uuid::nil(), Uuid::max()]
}

pub(super) fn dates() -> Vec<NaiveDate> {
    ["2024-01-31", "0001-01-01", "0999-12-31", "1970-01-01", "9999-12-31"]
        .map(|text| text.parse().unwrap_or_default())
        .to_vec()
}

pub(super) fn times() -> Vec<NaiveTime> {
    ["00:00:00", "09:05:07", "09:05:07.5", "09:05:07.25", "09:05:07.123", "09:05:07.123456", "23:59:59.999999"]
        .map(|text| text.parse().unwrap_or_default())
        .to_vec()
}

pub(super) fn datetimes() -> Vec<NaiveDateTime> {
    let days = ["2024-01-31", "1999-12-31"];
    let mut at: Vec<_> = days
        .iter()
        .flat_map(|day| {
            times().into_iter().map(move |time| day.parse::<NaiveDate>().unwrap_or_default().and_time(time))
        })
        .collect();
    at.extend(
        ["0999-01-01T00:00:00", "9999-12-31T23:59:59.999999"]
            .map(|text| text.parse::<NaiveDateTime>().unwrap_or_default()),
    );
    at
}

pub(super) fn documents() -> Vec<Json<serde_json::Value>> {
    let texts = [
        "null",
        "true",
        "0",
        "5",
        "-5",
        "1.5",
        "1.0",
        "-0.0",
        "0.1",
        "1e300",
        "5e-324",
        "1.7976931348623157e308",
        "0.30000000000000004",
        "18446744073709551615",
        "-9223372036854775808",
        "\"\"",
        "\"5\"",
        "\"a \"",
        "\"é\"",
        "[]",
        "[1,2.50]",
        "{}",
        "{\"b\":1,\"a\":2}",
        "{\"a\":{\"b\":[null,true]}}",
        "\"0.5\"",
        "123456789012345680000",
        "\"x\\\"12345678901234567890123\"",
    ];
    texts.map(|text| Json(serde_json::from_str(text).unwrap_or_default())).to_vec()
}
