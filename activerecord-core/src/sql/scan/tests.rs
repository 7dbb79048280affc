use proptest::prelude::*;

use super::TokenKind::{
    Comment, Name, NumberedPlaceholder, Other, Placeholder, QuestionMark, Semicolon, Space, Text, Word,
};
use super::*;
use crate::{MYSQL, POSTGRESQL, SQLITE};

type Row = (&'static [&'static Dialect], &'static str, &'static [(TokenKind, &'static str)]);

const ALL: &[&Dialect] = &[&SQLITE, &POSTGRESQL, &MYSQL];
const LITE: &[&Dialect] = &[&SQLITE];
const PG: &[&Dialect] = &[&POSTGRESQL];
const MY: &[&Dialect] = &[&MYSQL];

/// Without space.
fn check(rows: &[Row]) {
    for (dialects, text, expected) in rows {
        for dialect in *dialects {
            let tokens = scan(text, dialect).filter(|token| token.kind != Space);
            let found: Vec<_> = tokens.map(|token| (token.kind, token.text)).collect();
            assert_eq!(found, *expected, "{text:?} in {}", dialect.name);
        }
    }
}

#[test]
fn common_tokens() {
    check(&[
        (ALL, "", &[]),
        (ALL, "SELECT a_1", &[(Word, "SELECT"), (Word, "a_1")]),
        (ALL, "größe", &[(Word, "größe")]),
        (ALL, "1.5e3", &[(Other, "1"), (Other, "."), (Other, "5e3")]),
        (ALL, "???;", &[(QuestionMark, "??"), (Placeholder, "?"), (Semicolon, ";")]),
        (ALL, "'it''s; ?'", &[(Text, "'it''s; ?'")]),
        (ALL, "N'a'", &[(Word, "N"), (Text, "'a'")]),
        (ALL, "-- a\nb", &[(Comment, "-- a"), (Word, "b")]),
        (ALL, "/* ; */ b", &[(Comment, "/* ; */"), (Word, "b")]),
        (ALL, "'a", &[(Text, "'a")]),
        (LITE, "\"a", &[(Name, "\"a")]),
        (PG, "\"a", &[(Name, "\"a")]),
        (MY, "\"a", &[(Text, "\"a")]),
    ]);
}

/// What the scanners that this one replaced had read in different ways, or in another way than the databases: asked of
/// SQLite 3.40, PostgreSQL 15, MariaDB 10.11 and MySQL 9.7.
#[test]
fn tokens_of_each_dialect() {
    check(&[
        // A comment is not closed by the star that opens it.
        (ALL, "/*/ ? */ b", &[(Comment, "/*/ ? */"), (Word, "b")]),
        // Comments nest on PostgreSQL alone.
        (PG, "/* /* */ ? */ b", &[(Comment, "/* /* */ ? */"), (Word, "b")]),
        (LITE, "/* /* */ ?", &[(Comment, "/* /* */"), (Placeholder, "?")]),
        (MY, "/* /* */ ?", &[(Comment, "/* /* */"), (Placeholder, "?")]),
        // A carriage return ends a comment on PostgreSQL alone.
        (PG, "-- a\r?", &[(Comment, "-- a"), (Placeholder, "?")]),
        (LITE, "-- a\r?", &[(Comment, "-- a\r?")]),
        (MY, "# a\r?", &[(Comment, "# a\r?")]),
        // Two minus signs, or a comment.
        (MY, "5--?", &[(Other, "5"), (Other, "-"), (Other, "-"), (Placeholder, "?")]),
        (MY, "5--\u{1}?", &[(Other, "5"), (Comment, "--\u{1}?")]),
        (MY, "5--\u{7f}?", &[(Other, "5"), (Comment, "--\u{7f}?")]),
        (MY, "5--", &[(Other, "5"), (Comment, "--")]),
        (LITE, "5--?", &[(Other, "5"), (Comment, "--?")]),
        (PG, "5--?", &[(Other, "5"), (Comment, "--?")]),
        // `#` is a comment, or an operator.
        (MY, "1 # ?", &[(Other, "1"), (Comment, "# ?")]),
        (PG, "1 # ?", &[(Other, "1"), (Other, "#"), (Placeholder, "?")]),
        // MySQL executes what is in a version comment.
        (MY, "/*!40000 ? */", &[(Comment, "/*!40000"), (Placeholder, "?"), (Comment, "*/")]),
        (MY, "/*!080000? */", &[(Comment, "/*!080000"), (Placeholder, "?"), (Comment, "*/")]),
        (MY, "/*!?*/", &[(Comment, "/*!"), (Placeholder, "?"), (Comment, "*/")]),
        (MY, "/*!1234*/", &[(Comment, "/*!"), (Other, "1234"), (Comment, "*/")]),
        (MY, "/*M! ? */", &[(Comment, "/*M!"), (Placeholder, "?"), (Comment, "*/")]),
        (MY, "/*! '*/' */", &[(Comment, "/*!"), (Text, "'*/'"), (Comment, "*/")]),
        (MY, "/*! /* ? */ ? */", &[(Comment, "/*!"), (Comment, "/* ? */"), (Placeholder, "?"), (Comment, "*/")]),
        (MY, "/*! a; */", &[(Comment, "/*!"), (Word, "a"), (Semicolon, ";"), (Comment, "*/")]),
        (MY, "*/", &[(Other, "*"), (Other, "/")]),
        (PG, "/*!40000 ? */", &[(Comment, "/*!40000 ? */")]),
        (LITE, "/*! ? */", &[(Comment, "/*! ? */")]),
        // Backslashes.
        (MY, r"'a\'?'", &[(Text, r"'a\'?'")]),
        (MY, r#""a\"?""#, &[(Text, r#""a\"?""#)]),
        (MY, r"`a\`?", &[(Name, r"`a\`"), (Placeholder, "?")]),
        (PG, r"'a\'?", &[(Text, r"'a\'"), (Placeholder, "?")]),
        (LITE, r"'a\'?", &[(Text, r"'a\'"), (Placeholder, "?")]),
        (PG, r"E'a\'?'", &[(Text, r"E'a\'?'")]),
        (PG, r"E 'a\'?", &[(Word, "E"), (Text, r"'a\'"), (Placeholder, "?")]),
        (PG, r"nE'a\'?", &[(Word, "nE"), (Text, r"'a\'"), (Placeholder, "?")]),
        (LITE, r"E'a\'?", &[(Word, "E"), (Text, r"'a\'"), (Placeholder, "?")]),
        // A quoted text goes on behind a line break.
        (PG, "e'a'\n'b\\'?'", &[(Text, "e'a'\n'b\\'?'")]),
        (PG, "E'a' -- c\r 'b\\'?'", &[(Text, "E'a' -- c\r 'b\\'?'")]),
        (PG, "E'a' 'b\\'?", &[(Text, "E'a'"), (Text, "'b\\'"), (Placeholder, "?")]),
        (PG, "E'a'\n/**/'\\'?", &[(Text, "E'a'"), (Comment, "/**/"), (Text, "'\\'"), (Placeholder, "?")]),
        // Dollar quotes, and dollars in names.
        (PG, "$a$ $$ ? $b$ $a$", &[(Text, "$a$ $$ ? $b$ $a$")]),
        (PG, "$é1$?$é1$", &[(Text, "$é1$?$é1$")]),
        (PG, "a$b$ ? c$b$", &[(Word, "a$b$"), (Placeholder, "?"), (Word, "c$b$")]),
        (PG, "$2+$10", &[(NumberedPlaceholder, "$2"), (Other, "+"), (NumberedPlaceholder, "$10")]),
        (
            PG,
            "$1$ ? $1$",
            &[(NumberedPlaceholder, "$1"), (Word, "$"), (Placeholder, "?"), (NumberedPlaceholder, "$1"), (Word, "$")],
        ),
        (MY, "$$ ? $$", &[(Text, "$$ ? $$")]),
        (MY, "a$b$ ? c$b$", &[(Word, "a$b$"), (Placeholder, "?"), (Word, "c$b$")]),
        (LITE, "$a$ ? $a$", &[(Word, "$a$"), (Placeholder, "?"), (Word, "$a$")]),
        // Quoted names.
        (LITE, "[a'?]?", &[(Name, "[a'?]"), (Placeholder, "?")]),
        (PG, "a[?]", &[(Word, "a"), (Other, "["), (Placeholder, "?"), (Other, "]")]),
        (LITE, "`a``?`", &[(Name, "`a``?`")]),
        (MY, "`a``?`", &[(Name, "`a``?`")]),
        (PG, "`?", &[(Other, "`"), (Placeholder, "?")]),
        // Space.
        (LITE, "\u{feff}a\u{feff}", &[(Word, "a\u{feff}")]),
        (PG, "\u{feff}a", &[(Word, "\u{feff}a")]),
        (MY, "\u{feff}a", &[(Word, "\u{feff}a")]),
        (ALL, "\u{a0}a", &[(Word, "\u{a0}a")]),
    ]);
}

#[test]
fn words_and_names() {
    let first = |text| scan(text, &SQLITE).next().unwrap();
    assert!(first("Count(*)").is_word("COUNT") && first("Count(*)").is_name("count"));
    for quoted in ["\"Count\"", "`count`", "[COUNT]"] {
        assert!(first(quoted).is_name("count") && !first(quoted).is_word("count"), "{quoted}");
    }
    assert!(!first("'count'").is_name("count") && !first("counts").is_word("count") && !first("[").is_name(""));
}

/// Text with much of what the rules are about.
fn sql_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[-'\"`\\[\\]#$?;/*!\\\\M\r\n eE1é😀\u{feff}]{1,3}",
        prop::sample::select(vec!["/*!40000", "$a$", "E'", "--", "*/", "/*", "'\n'", "a"]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn spans_cover_the_text(text in prop_oneof![any::<String>(), sql_like()]) {
        for dialect in ALL {
            let mut end = 0;
            for token in scan(&text, dialect) {
                prop_assert_eq!(token.start, end);
                prop_assert!(!token.text.is_empty());
                end = token.span().end;
                prop_assert_eq!(&text[token.span()], token.text);
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
