//! Errors about unknown words, with a suggestion.

use crate::error::Error;

/// Returns the error of an unknown word. It suggests the most similar known word, or lists all of them.
#[cold]
pub(crate) fn unknown(what: &str, word: &str, known: &[&str]) -> Error {
    let hint = match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "none is known".into(),
        None => format!("known: {}", known.join(", ")),
    };
    Error::configuration(format!("unknown {what} `{word}`; {hint}"))
}

/// Returns the known word that is most similar to `word`; None when no word is similar.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
