//! Random values of every type, of those that the database is expected to keep.

use activerecord::prelude::*;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Color, Level, Sample, Tree, profile};

fn text() -> impl Strategy<Value = String> {
    let hostile = "[-'\"`\\\\;%_?$\0\u{202e}\u{feff}aA ]{0,12}";
    let text = prop_oneof![vec(any::<char>(), 0..20).prop_map(String::from_iter), hostile];
    text.prop_map(|text| if profile().nul { text } else { text.replace('\0', "") })
}

fn decimal() -> impl Strategy<Value = Decimal> {
    let most = 79_228_162_514_264_337_593_543_950_335_i128;
    (-most..=most, 0_u32..=28).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale))
}

fn date() -> impl Strategy<Value = NaiveDate> {
    (*profile().years.start().max(&0)..=9999, 1_u32..=366).prop_map(|(year, day)| {
        NaiveDate::from_yo_opt(year, day).unwrap_or(NaiveDate::from_yo_opt(year, 1).unwrap_or_default())
    })
}

fn time() -> impl Strategy<Value = NaiveTime> {
    (0_i64..86_400_000_000).prop_map(|micros| NaiveTime::default() + TimeDelta::microseconds(micros))
}

fn datetime() -> impl Strategy<Value = NaiveDateTime> {
    (date(), time()).prop_map(|(date, time)| date.and_time(time))
}

fn double() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    let all = POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE;
    all.prop_map(|x| if x.is_finite() || profile().infinities { x } else { 0.5 })
}

fn finite() -> impl Strategy<Value = f64> {
    double().prop_map(|x| if x.is_finite() { x } else { 0.5 })
}

fn single() -> impl Strategy<Value = f32> {
    use proptest::num::f32::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    let all = POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE;
    all.prop_map(|x| if x.is_finite() || profile().infinities { x } else { 0.5 })
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        any::<u64>().prop_map(Tree::from),
        finite().prop_map(Tree::from),
        text().prop_map(Tree::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Tree::from),
            proptest::collection::btree_map(text(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![Just(Color::Red), Just(Color::DarkBlue)]
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Low), Just(Level::High)]
}

pub(crate) fn sample() -> impl Strategy<Value = Sample> {
    let integers = (any::<(bool, i8, i16, i32, i64)>(), any::<(u8, u16, u32)>(), 0..=profile().greatest_u64);
    let floats = (single(), double(), vec(finite(), 0..4));
    let texts = (text(), vec(any::<u8>(), 0..20), vec(text(), 0..4), tree());
    let numbers = (decimal(), vec(decimal(), 0..4), any::<u128>(), vec(any::<i64>(), 0..4));
    let times = (date(), time(), datetime(), datetime());
    (integers, floats, texts, numbers, times, color(), level()).prop_map(
        |(
            ((truth, tiny, small, int, big), (utiny, usmall, uint), ubig),
            (single, double, ratios),
            (text, bytes, names, json),
            (price, prices, uuid, list),
            (date, time, datetime, timestamp),
            color,
            level,
        )| Sample {
            id: 0,
            json: Json(json),
            uuid: Uuid::from_u128(uuid),
            timestamp: timestamp.and_utc(),
            truth,
            tiny,
            small,
            int,
            big,
            utiny,
            usmall,
            uint,
            ubig,
            single,
            double,
            ratios,
            text,
            bytes,
            names,
            price,
            prices,
            list,
            date,
            time,
            datetime,
            color,
            level,
        },
    )
}
