//! Names derived from other names: columns, tables, constants.

/// `snake_case`; an acronym is one word: `HTTPLog` is `http_log`.
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, &c) in chars.iter().enumerate() {
        let after_lower = at > 0 && (chars[at - 1].is_lowercase() || chars[at - 1].is_ascii_digit());
        let ends_acronym =
            at > 0 && chars[at - 1].is_uppercase() && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || ends_acronym) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The name of a model's table: the plural of its `snake_case`.
pub(crate) fn table(model: &str) -> String {
    let snake = snake_case(model);
    let (first, last) = snake.rsplit_once('_').map_or(("", snake.as_str()), |(first, last)| (first, last));
    if first.is_empty() { plural(last) } else { format!("{first}_{}", plural(last)) }
}

/// The plural of an English word, by the regular rules and the commonest exceptions.
fn plural(word: &str) -> String {
    const IRREGULAR: [(&str, &str); 8] = [
        ("child", "children"),
        ("datum", "data"),
        ("foot", "feet"),
        ("man", "men"),
        ("mouse", "mice"),
        ("person", "people"),
        ("tooth", "teeth"),
        ("woman", "women"),
    ];
    const SAME: [&str; 8] = ["aircraft", "equipment", "information", "metadata", "news", "series", "sheep", "species"];
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        return (*plural).to_owned();
    }
    if SAME.contains(&word) {
        return word.to_owned();
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) && !stem.is_empty() => format!("{stem}ies"),
        _ if word.ends_with("sis") => format!("{}es", &word[..word.len() - 2]),
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// The text of a token stream, with spaces only where they are needed: the compiler and `proc_macro2` print different spaces.
pub(crate) fn spaced(tokens: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut text = String::with_capacity(tokens.len());
    for word in tokens.split_whitespace() {
        let (before, after) = (text.chars().next_back(), word.chars().next());
        let both_words = before.is_some_and(is_word) && after.is_some_and(|c| is_word(c) || c == '\'');
        if both_words || matches!(before, Some(',' | ';')) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces() {
        for (tokens, expected) in [
            ("Option < String >", "Option<String>"),
            ("HashMap < String,i64 >", "HashMap<String,i64>"),
            ("chrono :: DateTime < Utc >", "chrono::DateTime<Utc>"),
            ("( i64 , String )", "(i64, String)"),
            ("& 'static str", "&'static str"),
            ("Box < dyn Any >", "Box<dyn Any>"),
        ] {
            assert_eq!(spaced(tokens), expected);
        }
    }

    #[test]
    fn snakes() {
        for (name, snake) in [
            ("User", "user"),
            ("AnalyticsUser", "analytics_user"),
            ("HTTPLog", "http_log"),
            ("Version2Note", "version2_note"),
            ("X", "x"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn tables() {
        for (model, expected) in [
            ("User", "users"),
            ("AnalyticsUser", "analytics_users"),
            ("Category", "categories"),
            ("Day", "days"),
            ("Box", "boxes"),
            ("Status", "statuses"),
            ("Batch", "batches"),
            ("Analysis", "analyses"),
            ("SalesPerson", "sales_people"),
            ("Aircraft", "aircraft"),
            ("SyncLog", "sync_logs"),
            ("HTTPLog", "http_logs"),
        ] {
            assert_eq!(table(model), expected);
        }
    }
}
