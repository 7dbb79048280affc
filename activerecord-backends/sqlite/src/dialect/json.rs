//! The content of JSON as text: two documents are equal when these texts are.

use rusqlite::functions::Context;
use rusqlite::{Connection, Error, Result};
use serde_json::{Number, Value};

use super::decimal::flags;

/// Adds the function to a connection: `ar_json(document)`. NULL stays NULL. Text that is not JSON is an error.
pub(crate) fn add_json(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("ar_json", 1, flags(), content)
}

fn content(context: &Context<'_>) -> Result<Option<String>> {
    let Some(text) = context.get::<Option<String>>(0)? else { return Ok(None) };
    let value = serde_json::from_str(&text).map_err(|_| Error::UserFunctionError("malformed JSON".into()))?;
    let mut content = String::with_capacity(text.len());
    write(&value, &mut content);
    Ok(Some(content))
}

/// Writes a value without spaces, and its members in the order of their keys.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            list(members, ['{', '}'], text, |(key, member), text| {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(member, text);
            });
        }
        Value::Array(elements) => list(elements, ['[', ']'], text, write),
        Value::Number(number) => text.push_str(&digits(number)),
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn list<T>(
    items: impl IntoIterator<Item = T>,
    [open, close]: [char; 2],
    text: &mut String,
    write: impl Fn(T, &mut String),
) {
    text.push(open);
    for (index, item) in items.into_iter().enumerate() {
        text.push_str(if index > 0 { "," } else { "" });
        write(item, text);
    }
    text.push(close);
}

/// Returns the digits of a number: `1`, `1.0` and `1e0` are equal, and so are `0` and `-0.0`.
fn digits(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(0.0) => "0".to_owned(),
        // Without an exponent, and without a point after a whole number.
        Some(float) => float.to_string(),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_documents_have_one_text() {
        let connection = Connection::open_in_memory().unwrap();
        add_json(&connection).unwrap();
        for (document, expected) in [
            (
                r#"{"b": [1.0, 1e2, -0.0], "a": {"d": null, "c": "\u00e9\n"}}"#,
                "{\"a\":{\"c\":\"\u{e9}\\n\",\"d\":null},\"b\":[1,100,0]}",
            ),
            ("9007199254740993", "9007199254740993"),
            ("18446744073709551615", "18446744073709551615"),
            ("0.10", "0.1"),
            ("[ ]", "[]"),
            ("true", "true"),
        ] {
            let found = connection.query_row("SELECT ar_json(?)", [document], |row| row.get::<_, String>(0)).unwrap();
            assert_eq!(found, expected, "{document}");
        }
        let null = connection.query_row("SELECT ar_json(NULL)", [], |row| row.get::<_, Option<String>>(0));
        assert_eq!(null.unwrap(), None);
        let wrong = connection.query_row("SELECT ar_json('{')", [], |row| row.get::<_, Option<String>>(0));
        assert!(wrong.is_err_and(|error| error.to_string().contains("malformed JSON")));
    }
}
