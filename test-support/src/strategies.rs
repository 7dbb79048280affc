//! Random values of every type, within what the database can store.

use activerecord::prelude::*;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::Profile;
use crate::sample::{Color, Level, Sample, Tree};

fn text(profile: &'static Profile) -> impl Strategy<Value = String> {
    let hostile = "[-'\"`\\\\;%_?$\0\u{202e}\u{feff}aA ]{0,12}";
    let text = prop_oneof![vec(any::<char>(), 0..20).prop_map(String::from_iter), hostile];
    text.prop_map(move |text| if profile.nul { text } else { text.replace('\0', "") })
}

fn decimal() -> impl Strategy<Value = Decimal> {
    let most = 79_228_162_514_264_337_593_543_950_335_i128;
    (-most..=most, 0_u32..=28).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale))
}

fn date(profile: &'static Profile) -> impl Strategy<Value = NaiveDate> {
    (*profile.years.start().max(&0)..=9999, 1_u32..=366).prop_map(|(year, day)| {
        NaiveDate::from_yo_opt(year, day).unwrap_or(NaiveDate::from_yo_opt(year, 1).unwrap_or_default())
    })
}

fn time() -> impl Strategy<Value = NaiveTime> {
    (0_i64..86_400_000_000).prop_map(|micros| NaiveTime::default() + TimeDelta::microseconds(micros))
}

fn datetime(profile: &'static Profile) -> impl Strategy<Value = NaiveDateTime> {
    (date(profile), time()).prop_map(|(date, time)| date.and_time(time))
}

fn double(profile: &'static Profile) -> impl Strategy<Value = f64> {
    use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    let all = POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE;
    all.prop_map(move |x| if x.is_finite() || profile.infinities { x } else { 0.5 })
}

fn finite(profile: &'static Profile) -> impl Strategy<Value = f64> {
    double(profile).prop_map(move |x| if x.is_finite() { x } else { 0.5 })
}

fn single(profile: &'static Profile) -> impl Strategy<Value = f32> {
    use proptest::num::f32::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    let all = POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE;
    all.prop_map(move |x| if x.is_finite() || profile.infinities { x } else { 0.5 })
}

fn tree(profile: &'static Profile) -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        any::<u64>().prop_map(Tree::from),
        finite(profile).prop_map(Tree::from),
        text(profile).prop_map(Tree::from),
    ];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Tree::from),
            proptest::collection::btree_map(text(profile), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![Just(Color::Red), Just(Color::DarkBlue)]
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Low), Just(Level::High)]
}

/// Random records of values that the database can store.
pub fn sample(profile: &'static Profile) -> impl Strategy<Value = Sample> {
    let integers = (any::<(bool, i8, i16, i32, i64)>(), any::<(u8, u16, u32)>(), 0..=profile.greatest_u64);
    let floats = (single(profile), double(profile), vec(finite(profile), 0..4));
    let texts = (text(profile), vec(any::<u8>(), 0..20), vec(text(profile), 0..4), tree(profile));
    let numbers = (decimal(), vec(decimal(), 0..4), any::<u128>(), vec(any::<i64>(), 0..4));
    let times = (date(profile), time(), datetime(profile), datetime(profile));
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
