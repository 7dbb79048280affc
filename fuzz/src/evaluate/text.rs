//! Texts: patterns, the case of letters, and the length.

use activerecord_core::statement::{Function, LikePattern};
use activerecord_core::{Value, ValueType};

use super::{Answer, Refusal};

const OTHER_LETTERS: Refusal = Refusal::NotCovered("the case of letters beyond ASCII: SQLite does not change it");

/// Whether a text matches a pattern: `%` is any text, `_` one character, and `\` escapes the next character.
pub(super) fn like(text: &str, LikePattern { pattern, ignore_case }: &LikePattern) -> Answer<bool> {
    match ignore_case {
        true => Ok(matches(&symbols(&lower(pattern)?)?, &chars(&lower(text)?))),
        false => Ok(matches(&symbols(pattern)?, &chars(text))),
    }
}

/// Computes a function of texts: NULL if an argument is NULL.
pub(super) fn call(function: Function, arguments: &[Value]) -> Answer<Value> {
    let ty = if function == Function::Length { ValueType::I64 } else { ValueType::Text };
    if arguments.iter().any(Value::is_null) {
        return Ok(Value::Null(ty));
    }
    let texts = arguments.iter().map(text).collect::<Answer<Vec<&str>>>()?;
    Ok(match (function, &*texts) {
        (Function::Lower, [text]) => Value::Text(lower(text)?),
        (Function::Upper, [text]) => Value::Text(upper(text)?),
        (Function::Length, [text]) => Value::I64(i64::try_from(text.chars().count()).unwrap_or(i64::MAX)),
        (Function::Concat, [_, ..]) => Value::Text(texts.concat()),
        _ => return Err(Refusal::NotCovered("a function with another number of arguments")),
    })
}

pub(super) fn text(value: &Value) -> Answer<&str> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(Refusal::NotCovered("a value that is not a text, where a text is expected")),
    }
}

fn lower(text: &str) -> Answer<String> {
    ascii_letters(text).map(|()| text.to_ascii_lowercase())
}

fn upper(text: &str) -> Answer<String> {
    ascii_letters(text).map(|()| text.to_ascii_uppercase())
}

fn ascii_letters(text: &str) -> Answer<()> {
    let has_case = |c: char| !c.is_ascii() && (!c.to_lowercase().eq([c]) || !c.to_uppercase().eq([c]));
    if text.chars().any(has_case) { Err(OTHER_LETTERS) } else { Ok(()) }
}

/// An element of a pattern.
enum Symbol {
    Any,
    One,
    Char(char),
}

fn symbols(pattern: &str) -> Answer<Vec<Symbol>> {
    let mut symbols = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        symbols.push(match c {
            '%' => Symbol::Any,
            '_' => Symbol::One,
            '\\' => Symbol::Char(chars.next().ok_or(Refusal::NotCovered("a pattern that ends with `\\`"))?),
            c => Symbol::Char(c),
        });
    }
    Ok(symbols)
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn matches(pattern: &[Symbol], text: &[char]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        ([Symbol::Any, rest @ ..], text) => {
            matches(rest, text) || text.split_first().is_some_and(|(_, text)| matches(pattern, text))
        }
        ([Symbol::One, rest @ ..], [_, text @ ..]) => matches(rest, text),
        ([Symbol::Char(c), rest @ ..], [first, text @ ..]) => c == first && matches(rest, text),
        (_, []) => false,
    }
}
