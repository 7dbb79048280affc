//! The parts of a table's name: `schema.table`. A part in double quotes can contain dots: `"a.b"` is one table.

use std::borrow::Cow;

/// The schema, and the table without it.
pub(crate) fn parts(name: &str) -> (Option<Cow<'_, str>>, Cow<'_, str>) {
    let (first, rest) = part(name);
    match rest {
        Some(rest) => (Some(first), part(rest).0),
        None => (None, first),
    }
}

/// The name of a table as one part: in double quotes, if it contains a dot or begins with such a quote.
pub(crate) fn quoted(name: &str) -> Cow<'_, str> {
    if name.contains('.') || name.starts_with('"') {
        return Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")));
    }
    Cow::Borrowed(name)
}

/// The first part, and what comes after its dot.
fn part(name: &str) -> (Cow<'_, str>, Option<&str>) {
    if let Some((inside, rest)) = name.strip_prefix('"').and_then(closed) {
        match rest.strip_prefix('.') {
            Some(rest) => return (inside, Some(rest)),
            None if rest.is_empty() => return (inside, None),
            None => {}
        }
    }
    match name.split_once('.') {
        Some((first, rest)) => (first.into(), Some(rest)),
        None => (name.into(), None),
    }
}

/// The text before the closing quote, and what comes after the quote. Two quotes stand for one.
fn closed(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    loop {
        let end = from + text[from..].find('"')?;
        if !text[end + 1..].starts_with('"') {
            let inside = &text[..end];
            let inside = if from > 0 { inside.replace("\"\"", "\"").into() } else { inside.into() };
            return Some((inside, &text[end + 1..]));
        }
        from = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_can_be_quoted() {
        fn of(name: &str) -> (Option<String>, String) {
            let (schema, table) = parts(name);
            (schema.map(Cow::into_owned), table.into_owned())
        }
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("users"), (None, "users".to_owned()));
        assert_eq!(of("audit.users"), (some("audit"), "users".to_owned()));
        assert_eq!(of("\"a.b\""), (None, "a.b".to_owned()));
        assert_eq!(of("x.\"a.b\""), (some("x"), "a.b".to_owned()));
        assert_eq!(of("\"x.y\".t"), (some("x.y"), "t".to_owned()));
        assert_eq!(of("\"say \"\"hi\"\"\""), (None, "say \"hi\"".to_owned()));
        for name in ["a.b", "\"x", "say \"hi\".", "plain", "\"\""] {
            assert_eq!(of(&quoted(name)), (None, name.to_owned()), "{name}");
        }
    }
}
