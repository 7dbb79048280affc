//! Renders the statements that move a sequence past the numbers in a column.

use super::scan::{TokenKind, scan};
use super::writer::Writer;
use super::{Access, Sql};
use crate::catalog::SequenceInfo;
use crate::dialect::{Dialect, Sequences};
use crate::value::Value;

/// A column, and the sequence that its numbers come from.
#[derive(Clone, Debug)]
pub(crate) struct Numbered<'t> {
    pub(crate) dialect: &'static Dialect,
    pub(crate) table: &'t str,
    pub(crate) column: &'t str,
    pub(crate) sequence: SequenceInfo,
}

impl Numbered<'_> {
    /// The quoted name of the sequence.
    pub(crate) fn name(&self) -> String {
        self.sequence.quoted(self.dialect)
    }

    /// Whether the numbers grow.
    pub(crate) fn grows(&self) -> bool {
        self.sequence.increment >= 0
    }

    /// Returns the last of these numbers that the sequence can generate.
    pub(crate) fn last_of(&self, numbers: impl Iterator<Item = i64>) -> Option<i64> {
        let (least, greatest) = (self.sequence.least, self.sequence.greatest);
        let numbers = numbers.filter(|number| (least..=greatest).contains(number));
        if self.grows() { numbers.max() } else { numbers.min() }
    }

    /// Selects where the sequence stands: its last number, whether this login can move it, and the name of the login.
    pub(crate) fn place(&self) -> Sql {
        let mut w = Writer::new(self.dialect);
        w.push("SELECT ");
        self.stands(&mut w);
        w.finish(Access::Read).0
    }

    /// As [`place`](Self::place), and then the last number of the column among those that the sequence can generate.
    pub(crate) fn state(&self) -> Sql {
        let mut w = Writer::new(self.dialect);
        w.push("SELECT ");
        self.stands(&mut w);
        let (last, integer) = if self.grows() { ("MAX", "CEIL") } else { ("MIN", "FLOOR") };
        let Self { sequence, .. } = self;
        match self.dialect.sequences {
            Sequences::Setval => {
                // Of an integer, CEIL would make a float.
                w.push(", CAST(").push(integer).push("(CAST(").push(last).push("(").name(self.column);
                w.push(") AS numeric)) AS bigint)");
            }
            Sequences::None | Sequences::OnlyForward(_) => {
                w.push(", CAST(").push(integer).push("(").push(last).push("(").name(self.column);
                w.push(")) AS SIGNED)");
            }
        }
        w.push(" FROM ").table(self.table).push(" WHERE ").name(self.column).push(" BETWEEN ");
        w.bind(Value::I64(sequence.least)).push(" AND ").bind(Value::I64(sequence.greatest));
        w.finish(Access::Read).0
    }

    fn stands(&self, w: &mut Writer<'_>) {
        match self.dialect.sequences {
            Sequences::Setval => {
                w.push("CASE WHEN ");
                self.may(w, "USAGE, SELECT").push(" THEN pg_sequence_last_value(");
                self.oid(w).push(") END, ");
                self.may(w, "USAGE, SELECT").push(" AND ");
                self.may(w, "UPDATE").push(", CAST(current_user AS text)");
            }
            Sequences::None | Sequences::OnlyForward(_) => {
                w.push("(SELECT next_not_cached_value FROM ").push(&self.name()).push("), TRUE, CURRENT_USER()");
            }
        }
    }

    /// Waits until no other task moves the sequence, until the end of the transaction.
    pub(crate) fn lock(&self) -> Sql {
        /// The first key of the advisory locks of this function. The second is the sequence.
        const SPACE: i32 = 0x6172_7371;
        self.sql(|w| {
            w.push("SELECT COUNT(pg_advisory_xact_lock(").bind(Value::I32(SPACE)).push(", CAST(CAST(");
            self.oid(w).push(" AS oid) AS integer)))");
        })
    }

    /// Draws numbers, and returns the last one.
    pub(crate) fn draw(&self, count: i64) -> Sql {
        self.sql(|w| {
            w.push(if self.grows() { "SELECT MAX(nextval(" } else { "SELECT MIN(nextval(" });
            self.oid(w).push(")) FROM generate_series(1, ").bind(Value::I64(count)).push(")");
        })
    }

    /// Moves the sequence to its last number that is not past `end`, if it stands before `limit`. Other sessions draw
    /// numbers meanwhile, so `limit` is so far before `end` that they cannot reach `end` while the statement runs.
    pub(crate) fn jump(&self, end: i64, limit: i64) -> Sql {
        self.sql(|w| {
            let numeric = |w: &mut Writer<'_>, number: i64| {
                w.push("CAST(CAST(").bind(Value::I64(number)).push(" AS bigint) AS numeric)");
            };
            w.push("SELECT setval(");
            self.oid(w).push(", CAST(at + div(");
            numeric(w, end);
            w.push(" - at, ");
            numeric(w, self.sequence.increment);
            w.push(") * ");
            numeric(w, self.sequence.increment);
            w.push(" AS bigint)) FROM (SELECT CAST(pg_sequence_last_value(");
            self.oid(w).push(") AS numeric) AS at) AS sequence WHERE at ");
            w.push(if self.grows() { "< " } else { "> " });
            numeric(w, limit);
        })
    }

    /// Moves the sequence to a number, unless it is past that number. SETVAL takes only a number in the text.
    pub(crate) fn move_to(&self, number: i64) -> Sql {
        self.sql(|w| {
            w.push("SELECT SETVAL(").push(&self.name()).push(", ").push(&number.to_string()).push(", 1)");
        })
    }

    fn sql(&self, write: impl FnOnce(&mut Writer<'_>)) -> Sql {
        let mut w = Writer::new(self.dialect);
        write(&mut w);
        w.finish(Access::Write).0
    }

    fn oid<'w, 'd>(&self, w: &'w mut Writer<'d>) -> &'w mut Writer<'d> {
        w.push("CAST(CAST(").bind(Value::Text(self.name())).push(" AS text) AS regclass)")
    }

    fn may<'w, 'd>(&self, w: &'w mut Writer<'d>, rights: &'static str) -> &'w mut Writer<'d> {
        w.push("has_sequence_privilege(");
        self.oid(w).push(", CAST(").bind(Value::Text(rights.to_owned())).push(" AS text))")
    }
}

/// The schema and the name of the sequence that a default takes the next number of.
pub(crate) fn sequence_of_default(default: &str, dialect: &Dialect) -> Option<(Option<String>, String)> {
    let Sequences::OnlyForward(prefix) = dialect.sequences else { return None };
    let names = default.strip_prefix(prefix)?.strip_suffix(')')?;
    let parts = scan(names, dialect).filter(|token| !token.is_blank() && token.text != ".");
    let part = |token: super::scan::Token<'_>| match token.kind {
        TokenKind::Name => {
            let quote = dialect.quote;
            let inside = token.text.strip_prefix(quote)?.strip_suffix(quote)?;
            Some(inside.replace(&format!("{quote}{quote}"), &quote.to_string()))
        }
        TokenKind::Word => Some(token.text.to_owned()),
        _ => None,
    };
    match &parts.map(part).collect::<Option<Vec<_>>>()?[..] {
        [name] => Some((None, name.clone())),
        [schema, name] => Some((Some(schema.clone()), name.clone())),
        _ => None,
    }
}

/// Selects the numbers of a sequence that is also a table: those of [`SequenceInfo`], from `start` to `cycle`.
pub(crate) fn numbers_of(sequence: &SequenceInfo, dialect: &'static Dialect) -> Sql {
    let mut w = Writer::new(dialect);
    w.push("SELECT start_value, increment, minimum_value, maximum_value, cache_size, cycle_option FROM ");
    w.push(&sequence.quoted(dialect));
    w.finish(Access::Read).0
}
