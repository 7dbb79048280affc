//! "Did you mean": the error of a word that is not known.

use crate::error::Error;

/// The error of an unknown word: names the nearest known one, or all of them.
#[cold]
pub(crate) fn unknown(what: &str, word: &str, known: &[&str]) -> Error {
    let hint = match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none".into(),
        None => format!("known: {}", known.join(", ")),
    };
    Error::configuration(format!("unknown {what} `{word}`; {hint}"))
}

/// The known word that a typing error away from `word`.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
