//! Decodes `numeric` from PostgreSQL's binary format: digits to base 10,000.

use activerecord_core::{Error, Result};
use rust_decimal::Decimal;

use super::decode::{damaged, fixed};

const NEGATIVE: u16 = 0x4000;
/// The sign of NaN and the infinities.
const NOT_FINITE: u16 = 0x8000;

/// The largest number of digits after the point.
const MOST_SCALE: i32 = 28;

/// Decodes a number with its scale. Trailing zeros that do not fit a [`Decimal`] are cut off.
///
/// # Errors
/// `Conversion` for NaN, an infinity, or more digits than a [`Decimal`] has.
pub(super) fn decode(bytes: &[u8]) -> Result<Decimal> {
    let (head, digits) = bytes.split_at_checked(8).ok_or_else(damaged)?;
    let [count, weight, sign, scale] = [0, 2, 4, 6].map(|at| u16::from_be_bytes([head[at], head[at + 1]]));
    if sign & NOT_FINITE != 0 {
        return Err(Error::conversion("the number is NaN or infinite, which a Decimal cannot represent"));
    }
    if digits.len() != 2 * usize::from(count) {
        return Err(damaged());
    }
    let mut mantissa = Some(0_i128);
    for digit in digits.chunks_exact(2) {
        let digit = i128::from(u16::from_be_bytes(fixed(digit)?));
        mantissa = mantissa.and_then(|mantissa| mantissa.checked_mul(10_000)?.checked_add(digit));
    }
    let mantissa = mantissa.map(|mantissa| if sign == NEGATIVE { -mantissa } else { mantissa });
    let after_point = 4 * (i32::from(count) - 1 - i32::from(weight.cast_signed()));
    mantissa.and_then(|mantissa| scaled(mantissa, after_point, i32::from(scale))).ok_or_else(too_large)
}

/// Returns `mantissa / 10^have` with `shown` digits after the point, or fewer if they do not fit.
fn scaled(mut mantissa: i128, mut have: i32, shown: i32) -> Option<Decimal> {
    if mantissa == 0 {
        return Some(Decimal::new(0, u32::try_from(shown.min(MOST_SCALE)).ok()?));
    }
    while have < 0 {
        mantissa = mantissa.checked_mul(10)?;
        have += 1;
    }
    while (have > shown || have > MOST_SCALE) && mantissa % 10 == 0 {
        mantissa /= 10;
        have -= 1;
    }
    let fit = |mantissa, have| Decimal::try_from_i128_with_scale(mantissa, u32::try_from(have).ok()?).ok();
    let zeros = u32::try_from(shown.min(MOST_SCALE) - have).unwrap_or_default();
    let padded = 10_i128.checked_pow(zeros).and_then(|factor| mantissa.checked_mul(factor));
    padded.and_then(|padded| fit(padded, shown.min(MOST_SCALE).max(have))).or_else(|| fit(mantissa, have))
}

#[cold]
fn too_large() -> Error {
    Error::conversion(
        "the number has more digits than a Decimal (28); read it as text with a cast in the query, `::text`",
    )
}
