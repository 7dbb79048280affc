//! Splits SQL text into tokens by the rules of a dialect, as far as a caller needs them: which words there are, and
//! what is quoted or a comment.
//!
//! The scanner accepts every text. A quote or comment without an end runs to the end of the text.
//!
//! ```
//! use activerecord_core::POSTGRESQL;
//! use activerecord_core::sql::scan::{TokenKind, scan};
//!
//! let mut words = scan("/* ; */ COMMIT;", &POSTGRESQL).filter(|token| !token.is_blank());
//! assert!(words.next().unwrap().is_word("commit"));
//! assert_eq!(words.next().unwrap().kind, TokenKind::Semicolon);
//! ```

use std::ops::Range;

use crate::dialect::{Dialect, TokenRules};

/// Splits a text into tokens. Their spans cover the text without gaps. It allocates nothing, and takes time in
/// proportion to the length of the text.
pub fn scan<'t>(text: &'t str, dialect: &Dialect) -> Tokens<'t> {
    Tokens { text, at: 0, rules: dialect.tokens, in_version_comment: false }
}

/// The tokens of a text, see [`scan`].
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    text: &'t str,
    at: usize,
    rules: TokenRules,
    /// Whether the next `*/` closes a comment whose content the server executes.
    in_version_comment: bool,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text, with quotes.
    pub text: &'t str,
    /// Where it begins in the scanned text, in bytes.
    pub start: usize,
}

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// White space.
    Space,
    /// A comment. Of a comment whose content MySQL executes, `/*!40000` is one token and `*/` is another; the content
    /// between them has tokens of its own.
    Comment,
    /// A keyword, or a name without quotes.
    Word,
    /// A quoted text.
    Text,
    /// A quoted name.
    Name,
    /// `?`
    Placeholder,
    /// `??`, which stands for a question mark in a program's own SQL.
    QuestionMark,
    /// `$1`, where the database has such placeholders.
    NumberedPlaceholder,
    /// `;`
    Semicolon,
    /// A number, or one character of anything else.
    Other,
}

impl Token<'_> {
    /// Whether it separates tokens and is nothing else.
    pub fn is_blank(&self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }

    /// Whether it is this word, in upper or lower case.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this name, in upper or lower case, with or without quotes.
    pub fn is_name(&self, name: &str) -> bool {
        let inside = self.text.get(1..self.text.len().saturating_sub(1));
        self.is_word(name)
            || (self.kind == TokenKind::Name && inside.is_some_and(|inside| inside.eq_ignore_ascii_case(name)))
    }

    /// Where it is in the scanned text, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let (kind, length) = self.first(&self.text[self.at..])?;
        // Each token begins and ends beside an ASCII character, or at an end of the text.
        let (start, end) = (self.at, self.text.len().min(self.at + length));
        self.at = end;
        Some(Token { kind, text: &self.text[start..end], start })
    }
}

impl Tokens<'_> {
    /// The kind and the length of the first token of `text`.
    fn first(&mut self, text: &str) -> Option<(TokenKind, usize)> {
        let (rules, bytes) = (self.rules, text.as_bytes());
        Some(match *bytes {
            [] => return None,
            [b'?', b'?', ..] => (TokenKind::QuestionMark, 2),
            [b'?', ..] => (TokenKind::Placeholder, 1),
            [b';', ..] => (TokenKind::Semicolon, 1),
            [b'\'', ..] => (TokenKind::Text, quoted(bytes, rules.backslash_escapes)),
            [b'"', ..] if rules.double_quoted_text => (TokenKind::Text, quoted(bytes, rules.backslash_escapes)),
            [b'"', ..] => (TokenKind::Name, quoted(bytes, false)),
            [b'`', ..] if rules.backtick_names => (TokenKind::Name, quoted(bytes, false)),
            [b'[', ..] if rules.bracket_names => (TokenKind::Name, length(bytes, |c| c != b']') + 1),
            [b'-', b'-', ..] if rules.starts_comment(bytes) => (TokenKind::Comment, rules.line(bytes)),
            [b'#', ..] if rules.hash_comments => (TokenKind::Comment, rules.line(bytes)),
            [b'/', b'*', ..] => (TokenKind::Comment, self.comment(bytes)),
            [b'*', b'/', ..] if self.in_version_comment => {
                self.in_version_comment = false;
                (TokenKind::Comment, 2)
            }
            [b'$', b'0'..=b'9', ..] if rules.numbered_placeholders => {
                (TokenKind::NumberedPlaceholder, 1 + length(&bytes[1..], |c| c.is_ascii_digit()))
            }
            [0xef, 0xbb, 0xbf, ..] if rules.byte_order_marks => (TokenKind::Space, 3),
            [b'0'..=b'9', ..] => (TokenKind::Other, length(bytes, is_in_word)),
            [first, ..] if is_space(first) => (TokenKind::Space, length(bytes, is_space)),
            [first, ..] if is_in_word(first) => rules.word(text),
            _ => (TokenKind::Other, 1),
        })
    }

    /// The length of the comment that a text begins with, or of the `/*!40000` before what the server executes.
    fn comment(&mut self, text: &[u8]) -> usize {
        if self.rules.version_comments
            && let Some(length) = version(text)
        {
            self.in_version_comment = true;
            return length;
        }
        let (mut depth, mut at) = (1_usize, 2);
        while let Some([first, second]) = text.get(at..at + 2) {
            at += match (first, second) {
                (b'*', b'/') => {
                    depth -= 1;
                    if depth == 0 {
                        return at + 2;
                    }
                    2
                }
                (b'/', b'*') if self.rules.nested_comments => {
                    depth += 1;
                    2
                }
                _ => 1,
            };
        }
        text.len()
    }
}

impl TokenRules {
    /// Whether the `--` at the start of a text starts a comment.
    fn starts_comment(self, text: &[u8]) -> bool {
        !self.spaced_dashes || text.get(2).is_none_or(|next| *next == b' ' || next.is_ascii_control())
    }

    /// The length of the line that a text begins with, without its end.
    fn line(self, text: &[u8]) -> usize {
        length(text, |c| c != b'\n' && (c != b'\r' || !self.return_ends_line))
    }

    /// The word at the start of a text, or the quoted text that begins like one.
    fn word(self, text: &str) -> (TokenKind, usize) {
        let bytes = text.as_bytes();
        if self.escape_strings && matches!(bytes, [b'e' | b'E', b'\'', ..]) {
            return (TokenKind::Text, self.escape_string(bytes));
        }
        let quoted = if self.dollar_quotes { dollar_quoted(text) } else { None };
        quoted.map_or_else(|| (TokenKind::Word, length(bytes, is_in_word)), |length| (TokenKind::Text, length))
    }

    /// The length of `E'..'` with all its continuations.
    fn escape_string(self, text: &[u8]) -> usize {
        let mut end = 1 + quoted(&text[1..], true);
        while let Some(gap) = text.get(end..).and_then(|rest| self.continuation(rest)) {
            end += gap + quoted(&text[end + gap..], true);
        }
        end
    }

    /// How far it is to the quote that continues a quoted text: between them are a line break, space and `--` comments.
    fn continuation(self, text: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            at += match text[at..] {
                [b'-', b'-', ..] => self.line(&text[at..]),
                [first, ..] if is_space(first) => 1,
                [b'\'', ..] if text[..at].iter().any(|c| matches!(c, b'\n' | b'\r')) => return Some(at),
                _ => return None,
            };
        }
    }
}

/// How many bytes at the start of a text are of a kind.
fn length(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|c| !is(*c)).unwrap_or(text.len())
}

fn is_space(c: u8) -> bool {
    matches!(c, b'\t'..=b'\r' | b' ')
}

fn is_in_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c == b'$' || !c.is_ascii()
}

/// The length of the quoted text or name that a text begins with.
fn quoted(text: &[u8], backslash_escapes: bool) -> usize {
    let (quote, mut at) = (text[0], 1);
    while at < text.len() {
        at += match text[at] {
            b'\\' if backslash_escapes => 2,
            c if c != quote => 1,
            _ if text.get(at + 1) == Some(&quote) => 2,
            _ => return at + 1,
        };
    }
    text.len()
}

/// The length of `$tag$ .. $tag$`.
fn dollar_quoted(text: &str) -> Option<usize> {
    let name = text.strip_prefix('$')?.as_bytes();
    let end = length(name, |c| is_in_word(c) && c != b'$');
    if name.get(end) != Some(&b'$') || name[0].is_ascii_digit() {
        return None;
    }
    let tag = &text[..end + 2];
    Some(text[tag.len()..].find(tag).map_or(text.len(), |body| body + 2 * tag.len()))
}

/// The length of `/*!` or `/*M!` with its version, which has five or six digits.
fn version(text: &[u8]) -> Option<usize> {
    let start = match text {
        [_, _, b'!', ..] => 3,
        [_, _, b'M', b'!', ..] => 4,
        _ => return None,
    };
    let digits = length(&text[start..], |c| c.is_ascii_digit());
    Some(start + if digits < 5 { 0 } else { digits.min(6) })
}

#[cfg(test)]
mod tests;
