//! Reads a stored CREATE TABLE or CREATE INDEX statement, for a database whose catalog keeps the text and leaves out parts of
//! it: the names of constraints, checks, collations, and the expressions of computed columns and indexes.

use std::ops::Range;

use super::scan::{Token, TokenKind, scan};
use crate::catalog::{CheckInfo, Deferrable};
use crate::dialect::Dialect;

/// What the text of a CREATE TABLE says beyond the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CreatedTable {
    pub(crate) columns: Vec<CreatedColumn>,
    /// The name of the primary key.
    pub(crate) primary_key: Option<String>,
    /// Whether a number of the primary key is not used again.
    pub(crate) autoincrement: bool,
    /// The unique constraints with their names.
    pub(crate) unique: Vec<(Option<String>, Vec<String>)>,
    /// The names of the foreign keys, in their order, and when they are checked.
    pub(crate) foreign_keys: Vec<(Option<String>, Deferrable)>,
    pub(crate) checks: Vec<CheckInfo>,
    /// The conflict clauses of constraints, such as `ON CONFLICT REPLACE`.
    pub(crate) conflicts: Vec<String>,
}

/// What the text of a CREATE TABLE says of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CreatedColumn {
    pub(crate) name: String,
    pub(crate) collation: Option<String>,
    /// The expression of a computed column.
    pub(crate) expression: Option<String>,
}

/// What the text of a CREATE INDEX says beyond the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CreatedIndex {
    /// The columns and expressions, without their collations and directions.
    pub(crate) parts: Vec<String>,
    pub(crate) predicate: Option<String>,
}

/// Reads the text of a CREATE TABLE. What it does not understand, it leaves out.
pub(crate) fn table(text: &str, dialect: &Dialect) -> CreatedTable {
    let mut reader = Reader::new(text, dialect);
    let mut table = CreatedTable::default();
    reader.seek("(");
    while reader.peek().is_some() && !reader.take(")") {
        if !reader.table_constraint(&mut table) {
            reader.column(&mut table);
        }
        reader.take(",");
    }
    table
}

/// Reads the text of a CREATE INDEX.
pub(crate) fn index(text: &str, dialect: &Dialect) -> CreatedIndex {
    let mut reader = Reader::new(text, dialect);
    reader.seek("(");
    let parts = reader.parts();
    let predicate = reader.take_word("WHERE").then(|| reader.rest());
    CreatedIndex { parts, predicate }
}

/// Returns the quoted texts in a type such as `enum('a','b')`, without their quotes.
pub(crate) fn literals(text: &str, dialect: &Dialect) -> Vec<String> {
    let texts = scan(text, dialect).filter(|token| token.kind == TokenKind::Text);
    texts.map(|token| unquoted(token, dialect)).collect()
}

/// Returns a text without its quotes and escapes.
pub(super) fn unquoted(token: Token<'_>, dialect: &Dialect) -> String {
    match token.text.strip_prefix(['e', 'E']) {
        Some(text) => unescaped(&name(Token { text, ..token })),
        None if dialect.tokens.backslash_escapes => unescaped(&name(token)),
        None => name(token),
    }
}

/// Returns a text without the backslashes that escape a character.
pub(crate) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.next() } else { None };
        plain.push(match escaped {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('0') => '\0',
            Some(other) => other,
            None => character,
        });
    }
    plain
}

/// Returns a name without its quotes.
fn name(token: Token<'_>) -> String {
    let text = token.text;
    match token.kind {
        TokenKind::Name | TokenKind::Text if text.len() >= 2 => {
            let (quote, inside) = (&text[text.len() - 1..], &text[1..text.len() - 1]);
            if quote == "]" { inside.to_owned() } else { inside.replace(&quote.repeat(2), quote) }
        }
        _ => text.to_owned(),
    }
}

/// The words that end the type of a column.
const COLUMN_CONSTRAINTS: [&str; 11] =
    ["CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS"];

/// The tokens of a text without space and comments.
struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    at: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, dialect: &Dialect) -> Self {
        Self { text, tokens: scan(text, dialect).filter(|token| !token.is_blank()).collect(), at: 0 }
    }

    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Takes the next token if it is this character.
    fn take(&mut self, character: &str) -> bool {
        let taken = self.peek().is_some_and(|token| token.kind == TokenKind::Other && token.text == character);
        self.at += usize::from(taken);
        taken
    }

    fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let taken = self.is_word(word);
        self.at += usize::from(taken);
        taken
    }

    /// Takes the next words if they are these.
    fn take_words(&mut self, words: &[&str]) -> bool {
        let ahead = self.tokens.get(self.at..self.at + words.len());
        let taken = ahead.is_some_and(|ahead| ahead.iter().zip(words).all(|(token, word)| token.is_word(word)));
        self.at += if taken { words.len() } else { 0 };
        taken
    }

    /// Takes everything up to and including this character.
    fn seek(&mut self, character: &str) {
        while self.peek().is_some() && !self.take(character) {
            self.at += 1;
        }
    }

    fn name(&mut self) -> Option<String> {
        self.next().map(name)
    }

    /// The text of these tokens.
    fn between(&self, tokens: Range<usize>) -> String {
        let Some([first, .., last] | [first @ last]) = self.tokens.get(tokens) else { return String::new() };
        self.text[first.start..last.span().end].to_owned()
    }

    /// The text of the remaining tokens.
    fn rest(&self) -> String {
        self.between(self.at..self.tokens.len())
    }

    /// Takes a group in parentheses, and returns the text inside.
    fn group(&mut self) -> Option<String> {
        if !self.take("(") {
            return None;
        }
        let (start, mut depth) = (self.at, 1);
        while depth > 0
            && let Some(token) = self.next()
        {
            match token.text {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
        }
        Some(self.between(start..self.at - 1))
    }

    /// Takes the parts of a key up to the parenthesis that closes it.
    fn parts(&mut self) -> Vec<String> {
        let (mut parts, mut start, mut depth) = (Vec::new(), self.at, 0);
        while let Some(token) = self.next() {
            match token.text {
                "(" => depth += 1,
                ")" if depth > 0 => depth -= 1,
                ")" => {
                    parts.push(self.part(start..self.at - 1));
                    break;
                }
                "," if depth == 0 => {
                    parts.push(self.part(start..self.at - 1));
                    start = self.at;
                }
                _ => {}
            }
        }
        parts
    }

    /// A column or an expression of a key, without its direction and its collation.
    fn part(&self, Range { mut start, mut end }: Range<usize>) -> String {
        let is_word = |at: usize, words: &[&str]| words.iter().any(|word| self.tokens[at].is_word(word));
        while end > start + 1 && is_word(end - 1, &["ASC", "DESC", "AUTOINCREMENT"]) {
            end -= 1;
        }
        if end > start + 2 && is_word(end - 2, &["COLLATE"]) {
            end -= 2;
        }
        while self.is_group(start..end) {
            (start, end) = (start + 1, end - 1);
        }
        if end == start + 1 { name(self.tokens[start]) } else { self.between(start..end) }
    }

    /// Whether these tokens are one group in parentheses.
    fn is_group(&self, tokens: Range<usize>) -> bool {
        let texts: Vec<_> = self.tokens.get(tokens).unwrap_or_default().iter().map(|token| token.text).collect();
        let ["(", inside @ .., ")"] = &texts[..] else { return false };
        let mut depth = 0_usize;
        inside.iter().all(|text| {
            depth += usize::from(*text == "(");
            let closes = *text == ")";
            let is_open = !closes || depth > 0;
            depth -= usize::from(closes && is_open);
            is_open
        })
    }

    /// Reads a constraint of the table. False when the next tokens are none.
    fn table_constraint(&mut self, table: &mut CreatedTable) -> bool {
        let named = if self.take_word("CONSTRAINT") { self.name() } else { None };
        let start = self.at;
        if self.take_words(&["PRIMARY", "KEY"]) {
            self.take("(");
            self.parts();
            table.primary_key = named;
            table.autoincrement |= self.tokens[start..self.at].iter().any(|token| token.is_word("AUTOINCREMENT"));
        } else if self.take_word("UNIQUE") {
            self.take("(");
            let columns = self.parts();
            table.unique.push((named, columns));
        } else if self.take_word("CHECK") {
            table.check(named, self.group());
        } else if self.take_words(&["FOREIGN", "KEY"]) {
            self.group();
            let deferrable = if self.take_word("REFERENCES") { self.reference() } else { Deferrable::No };
            table.foreign_keys.push((named, deferrable));
        } else {
            return named.is_some();
        }
        self.conflict(table, "a constraint");
        true
    }

    /// Reads a column and its constraints.
    fn column(&mut self, table: &mut CreatedTable) {
        let Some(name) = self.name() else { return };
        let mut column = CreatedColumn { name, ..CreatedColumn::default() };
        while let Some(token) = self.peek() {
            let is_end = matches!(token.text, "," | ")") || COLUMN_CONSTRAINTS.iter().any(|word| token.is_word(word));
            if is_end {
                break;
            }
            if self.group().is_none() {
                self.at += 1;
            }
        }
        let mut named = None;
        loop {
            if self.take_word("CONSTRAINT") {
                named = self.name();
                continue;
            }
            if !self.column_constraint(table, &mut column, named.take()) {
                break;
            }
        }
        table.columns.push(column);
    }

    fn column_constraint(
        &mut self,
        table: &mut CreatedTable,
        column: &mut CreatedColumn,
        named: Option<String>,
    ) -> bool {
        if self.take_words(&["PRIMARY", "KEY"]) {
            table.primary_key = named;
            let _ = self.take_word("ASC") || self.take_word("DESC");
            self.conflict(table, &column.name);
            table.autoincrement |= self.take_word("AUTOINCREMENT");
        } else if self.take_words(&["NOT", "NULL"]) || self.take_word("NULL") {
            self.conflict(table, &column.name);
        } else if self.take_word("UNIQUE") {
            table.unique.push((named, vec![column.name.clone()]));
            self.conflict(table, &column.name);
        } else if self.take_word("CHECK") {
            table.check(named, self.group());
        } else if self.take_word("DEFAULT") {
            self.default();
        } else if self.take_word("COLLATE") {
            column.collation = self.name();
        } else if self.take_word("REFERENCES") {
            let deferrable = self.reference();
            table.foreign_keys.push((named, deferrable));
        } else if self.take_words(&["GENERATED", "ALWAYS", "AS"]) || self.take_word("AS") {
            column.expression = self.group();
            let _ = self.take_word("STORED") || self.take_word("VIRTUAL");
        } else {
            return false;
        }
        true
    }

    /// Takes a default: the catalog has it.
    fn default(&mut self) {
        if self.group().is_some() {
            return;
        }
        let _ = self.take("-") || self.take("+");
        let value = self.next();
        // The word of `X'00'` and its text are two tokens.
        if let (Some(word), Some(text)) = (value, self.peek())
            && word.is_word("X")
            && text.kind == TokenKind::Text
            && word.span().end == text.start
        {
            self.at += 1;
        }
    }

    /// Takes the target of a foreign key. Returns when the key is checked.
    fn reference(&mut self) -> Deferrable {
        self.name();
        self.group();
        let mut deferrable = Deferrable::No;
        loop {
            if self.take_word("ON") {
                self.next();
                let _ = self.take_words(&["SET", "NULL"])
                    || self.take_words(&["SET", "DEFAULT"])
                    || self.take_words(&["NO", "ACTION"])
                    || self.next().is_some();
            } else if self.take_word("MATCH") {
                self.next();
            } else if self.take_words(&["NOT", "DEFERRABLE"]) {
                deferrable = Deferrable::No;
                let _ = self.take_words(&["INITIALLY", "DEFERRED"]) || self.take_words(&["INITIALLY", "IMMEDIATE"]);
            } else if self.take_word("DEFERRABLE") {
                let deferred = self.take_words(&["INITIALLY", "DEFERRED"]);
                deferrable = if deferred { Deferrable::Deferred } else { Deferrable::Immediate };
                self.take_words(&["INITIALLY", "IMMEDIATE"]);
            } else {
                return deferrable;
            }
        }
    }

    fn conflict(&mut self, table: &mut CreatedTable, place: &str) {
        if self.take_words(&["ON", "CONFLICT"])
            && let Some(action) = self.next()
        {
            table.conflicts.push(format!("ON CONFLICT {} of {place}", action.text.to_uppercase()));
        }
    }
}

impl CreatedTable {
    fn check(&mut self, name: Option<String>, expression: Option<String>) {
        self.checks.extend(expression.map(|expression| CheckInfo::new(name, expression)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::SQLITE;

    #[test]
    fn a_table_with_every_clause() {
        let read = table(
            "CREATE TABLE [or der] (id integer CONSTRAINT pk PRIMARY KEY AUTOINCREMENT, -- , CHECK (no)
             code varchar (20) COLLATE nocase NOT NULL ON CONFLICT IGNORE DEFAULT 'a,)' CONSTRAINT u UNIQUE,
             x blob DEFAULT X'00' CHECK (x <> ')'), y int DEFAULT -1 REFERENCES p (id) ON DELETE SET NULL ON UPDATE CASCADE
             DEFERRABLE INITIALLY DEFERRED NOT NULL, \"sum \"\"of\" AS (y + (1)) STORED, 'text', t GENERATED ALWAYS AS (lower(code)),
             CONSTRAINT by_code UNIQUE (code COLLATE binary DESC, y) CONSTRAINT positive CHECK (y > 0), FOREIGN KEY (x, y)
             REFERENCES q MATCH simple NOT DEFERRABLE, CHECK (1)) STRICT",
            &SQLITE,
        );
        let columns: Vec<_> = read.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(columns, ["id", "code", "x", "y", "sum \"of", "text", "t"]);
        assert_eq!((read.primary_key.as_deref(), read.autoincrement), (Some("pk"), true));
        assert_eq!(read.columns[1].collation.as_deref(), Some("nocase"));
        assert_eq!(read.columns[4].expression.as_deref(), Some("y + (1)"));
        assert_eq!(read.columns[6].expression.as_deref(), Some("lower(code)"));
        let unique =
            [(Some("u".into()), vec!["code".into()]), (Some("by_code".into()), vec!["code".into(), "y".into()])];
        assert_eq!(read.unique, unique);
        assert_eq!(read.foreign_keys, [(None, Deferrable::Deferred), (None, Deferrable::No)]);
        let check = |name: Option<&str>, expression: &str| CheckInfo::new(name.map(Into::into), expression.into());
        assert_eq!(read.checks, [check(None, "x <> ')'"), check(Some("positive"), "y > 0"), check(None, "1")]);
        assert_eq!(read.conflicts, ["ON CONFLICT IGNORE of code"]);
    }

    #[test]
    fn an_index_with_every_clause() {
        let read = index(
            "CREATE UNIQUE INDEX \"a (b\" ON t (lower(a, 'x,') COLLATE nocase DESC, \"b c\" ASC, ((a + 1)), (a) + (b)) WHERE d > 1 /* x */",
            &SQLITE,
        );
        assert_eq!(read.parts, ["lower(a, 'x,')", "b c", "a + 1", "(a) + (b)"]);
        assert_eq!(read.predicate.as_deref(), Some("d > 1"));
    }

    #[test]
    fn a_text_that_is_cut_off_does_not_panic() {
        let text = "CREATE TABLE t (a int DEFAULT X'0' REFERENCES p (a) ON DELETE SET NULL, b AS (a + 1), UNIQUE (a, b), CHECK (a))";
        for end in 0..=text.len() {
            table(&text[..end], &SQLITE);
            index(&text[..end], &SQLITE);
        }
    }
}
