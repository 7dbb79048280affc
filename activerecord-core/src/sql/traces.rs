//! Looks for what a program's own SQL changes: tables, and the state of its session, which is settings, variables, locks,
//! temporary tables, cursors and prepared statements. It decides by the first word of each statement and by the names of
//! functions. It is careful: a statement that it does not know counts as a change. What a function or a trigger of the
//! database does is not seen.

use super::scan::{Token, TokenKind};
use crate::dialect::{Dialect, TraceRules};

/// Reads the tokens of a text, one after the other.
#[derive(Debug)]
pub(super) struct Traces<'t> {
    rules: TraceRules,
    part: Part,
    /// The last two tokens that are not blank, the newer one first.
    last: [Option<Token<'t>>; 2],
    /// The open parentheses of a call of [`TraceRules::setter`]; 0: not inside one.
    in_setter: usize,
    found: bool,
    defines: bool,
}

/// The first words of statements that do not change tables.
const OF_ROWS: [&str; 13] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "REPLACE", "MERGE", "EXPLAIN", "SHOW", "TRUNCATE",
    "ANALYZE", "NOTIFY",
];

/// The part of a statement that decides what the next word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Start,
    Set,
    Pragma,
    Create,
    /// Behind the words of a CREATE that can stand before TEMPORARY.
    Created,
    Drop,
    Explain,
    /// Behind the words that matter.
    Rest,
}

impl<'t> Traces<'t> {
    /// For a text of statements.
    pub(super) fn of_statements(dialect: &Dialect) -> Self {
        Self { rules: dialect.traces, part: Part::Start, last: [None; 2], in_setter: 0, found: false, defines: false }
    }

    /// For a part of a statement of this library: only what it calls matters.
    pub(super) fn of_fragment(dialect: &Dialect) -> Self {
        Self { part: Part::Rest, ..Self::of_statements(dialect) }
    }

    /// Whether one of the statements can change a table: its first word is not one that only reads or writes rows.
    pub(super) fn can_define(&self) -> bool {
        self.defines
    }

    /// Whether a change of the session was found.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Reads the next token.
    pub(super) fn see(&mut self, token: Token<'t>) {
        if token.is_blank() {
            return;
        }
        self.found |= match token.kind {
            TokenKind::Semicolon => {
                self.part = Part::Start;
                false
            }
            TokenKind::Word => self.word(token),
            _ => self.other(token),
        } || (self.is_selected_into() && self.is_temporary(token));
        self.last = [Some(token), self.last[0]];
    }

    fn word(&mut self, word: Token<'t>) -> bool {
        let is_one_of = |words: &[&str]| words.iter().any(|known| word.is_word(known));
        match self.part {
            Part::Start => self.first(word),
            Part::Set => {
                self.part = Part::Rest;
                !is_one_of(self.rules.set_for_transaction)
            }
            Part::Create if is_one_of(&["OR", "REPLACE", "GLOBAL", "LOCAL"]) => false,
            Part::Create => {
                self.part = Part::Created;
                is_one_of(&["TEMP", "TEMPORARY"])
            }
            Part::Drop => {
                self.part = Part::Rest;
                is_one_of(self.rules.dropped)
            }
            Part::Explain => is_one_of(&["EXECUTE", "DECLARE", "CREATE"]),
            Part::Pragma | Part::Created | Part::Rest => false,
        }
    }

    /// Whether the first word of a statement belongs to none that leaves the session as it is.
    fn first(&mut self, word: Token<'t>) -> bool {
        let rules = self.rules;
        let parts = [
            ("CREATE", Part::Create, true),
            ("DROP", Part::Drop, true),
            ("EXPLAIN", Part::Explain, true),
            ("SET", Part::Set, !rules.set_for_transaction.is_empty()),
            ("PRAGMA", Part::Pragma, !rules.clean_pragmas.is_empty()),
        ];
        let part = parts.into_iter().find(|(first, _, exists)| *exists && word.is_word(first));
        self.part = part.map_or(Part::Rest, |(_, part, _)| part);
        self.defines |= self.part != Part::Pragma && !OF_ROWS.iter().any(|known| word.is_word(known));
        let is_decided_later = matches!(self.part, Part::Set | Part::Pragma);
        !is_decided_later && !rules.clean.iter().any(|known| word.is_word(known))
    }

    /// A token that is neither a word nor blank.
    fn other(&mut self, token: Token<'t>) -> bool {
        let (rules, last) = (self.rules, self.last[0]);
        let is_after = |text: &str| last.is_some_and(|last| last.text.eq_ignore_ascii_case(text));
        match (self.part, token.text) {
            // A query in parentheses.
            (Part::Start, "(") => return false,
            (Part::Start, _) => return true,
            (Part::Pragma, "=" | "(") => {
                let is_clean = last.is_some_and(|name| rules.clean_pragmas.iter().any(|known| name.is_name(known)));
                self.defines |= !is_clean;
                return !is_clean;
            }
            (Part::Created, ".") if last.is_some_and(|name| self.is_temporary(name)) => return true,
            _ => {}
        }
        match token.text {
            "(" => self.opens(),
            ")" => self.closes(),
            "=" => rules.variables && is_after(":"),
            "@" => rules.variables && is_after("INTO"),
            // MariaDB reads it as a name, so there it hides nothing.
            text => rules.variables && token.kind == TokenKind::Text && text.starts_with('$'),
        }
    }

    /// A parenthesis is opened: it begins the arguments of a function, if a name is before it.
    fn opens(&mut self) -> bool {
        let Some(name) = self.last[0] else { return false };
        let is_setter = self.rules.setter.is_some_and(|setter| name.is_name(setter));
        // A setter inside a setter counts as a change.
        let is_nested = is_setter && self.in_setter > 0;
        self.in_setter += usize::from(is_setter || self.in_setter > 0);
        // A name with escapes (`U&"\0061"`) can be that of any function.
        let is_escaped = name.kind == TokenKind::Name && name.text.contains('\\');
        is_nested || is_escaped || self.rules.functions.iter().any(|function| name.is_name(function))
    }

    fn closes(&mut self) -> bool {
        let is_end = self.in_setter == 1;
        self.in_setter = self.in_setter.saturating_sub(1);
        let is_until_end = self.last[0].is_some_and(|argument| argument.is_word("TRUE"))
            && self.last[1].is_some_and(|comma| comma.text == ",");
        is_end && !is_until_end
    }

    /// Whether the next token belongs to the table that a SELECT creates.
    fn is_selected_into(&self) -> bool {
        let [last, before] = self.last;
        last.is_some_and(|last| last.is_word("INTO"))
            && !before.is_some_and(|before| ["INSERT", "REPLACE", "MERGE"].iter().any(|word| before.is_word(word)))
    }

    /// Whether it is the schema of temporary objects, or a word before the name of one.
    fn is_temporary(&self, name: Token<'t>) -> bool {
        let Some(schema) = self.rules.temporary else { return false };
        // PostgreSQL numbers them: `pg_temp_3`.
        let numbered = || name.text.trim_start_matches('"').get(..=schema.len()).map(str::to_ascii_lowercase);
        ["TEMP", "TEMPORARY", "LOCAL", "GLOBAL"].iter().any(|word| name.is_word(word))
            || name.is_name(schema)
            || numbered().is_some_and(|start| start.strip_suffix('_') == Some(schema))
    }
}

#[cfg(test)]
mod tests;
