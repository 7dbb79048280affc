/// How a database splits SQL text into tokens. Common to all: `'..'` is a text, a doubled quote stands for one quote, `--`
/// and `/* .. */` are comments, and a name has ASCII letters, digits, `_`, `$` and any character beyond ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenRules {
    /// Whether `\` escapes a character in a quoted text.
    pub(crate) backslash_escapes: bool,
    /// Whether `\` escapes a character in `E'..'`, which continues in the next `'..'` behind a line break.
    pub(crate) escape_strings: bool,
    /// Whether `"..."` is a text; otherwise it is a name.
    pub(crate) double_quoted_text: bool,
    /// Whether `` `..` `` is a name.
    pub(crate) backtick_names: bool,
    /// Whether `[..]` is a name.
    pub(crate) bracket_names: bool,
    /// Whether `$tag$ .. $tag$` is a text.
    pub(crate) dollar_quotes: bool,
    /// Whether `$1` is a placeholder.
    pub(crate) numbered_placeholders: bool,
    /// Whether `#` starts a comment.
    pub(crate) hash_comments: bool,
    /// Whether `--` starts a comment only before a space, before a control character, or at the end.
    pub(crate) spaced_dashes: bool,
    /// Whether a carriage return ends a `--` comment, as a line feed does.
    pub(crate) return_ends_line: bool,
    /// Whether `/* .. */` comments nest.
    pub(crate) nested_comments: bool,
    /// Whether the server executes what is inside `/*! .. */`, `/*!40000 .. */` and `/*M! .. */`.
    pub(crate) version_comments: bool,
    /// Whether a byte order mark is space; otherwise it is part of a name.
    pub(crate) byte_order_marks: bool,
}

/// The rules of SQLite.
pub(super) const SQLITE: TokenRules = TokenRules {
    backslash_escapes: false,
    escape_strings: false,
    double_quoted_text: false,
    backtick_names: true,
    bracket_names: true,
    dollar_quotes: false,
    numbered_placeholders: false,
    hash_comments: false,
    spaced_dashes: false,
    return_ends_line: false,
    nested_comments: false,
    version_comments: false,
    byte_order_marks: true,
};

/// The rules of PostgreSQL.
pub(super) const POSTGRESQL: TokenRules = TokenRules {
    backslash_escapes: false,
    escape_strings: true,
    double_quoted_text: false,
    backtick_names: false,
    bracket_names: false,
    dollar_quotes: true,
    numbered_placeholders: true,
    hash_comments: false,
    spaced_dashes: false,
    return_ends_line: true,
    nested_comments: true,
    version_comments: false,
    byte_order_marks: false,
};

/// The rules of MySQL and MariaDB. Where the two differ, these are the rules of the one that reads more: `/*M! .. */` is a
/// comment on MySQL, a version comment for a later server is one on all, and `$a$` is a name on MariaDB and on MySQL before
/// version 9.
pub(super) const MYSQL: TokenRules = TokenRules {
    backslash_escapes: true,
    escape_strings: false,
    double_quoted_text: true,
    backtick_names: true,
    bracket_names: false,
    dollar_quotes: true,
    numbered_placeholders: false,
    hash_comments: true,
    spaced_dashes: true,
    return_ends_line: false,
    nested_comments: false,
    version_comments: true,
    byte_order_marks: false,
};
