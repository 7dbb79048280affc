//! Refuses an upsert of two rows whose keys are different texts, and equal for the database: `a` and `A` in a collation that
//! ignores case. Some databases would refuse them without naming them, and the others would write one row.

use std::collections::{HashMap, HashSet};

use super::stamps::{self, Now, stamped};
use super::upsert::fingerprint;
use crate::catalog::ColumnInfo;
use crate::connection::describe::description;
use crate::connection::{Label, Session};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::sql::equal::{equal_keys, merges_texts};
use crate::value::{Value, ValueType, cell};

/// Checks that no two keys are equal only for the database.
///
/// # Errors
/// `UniqueViolation`, with the numbers of the two records.
pub(super) async fn check<M: Model>(records: &[M], keys: &[&'static str], session: &Session) -> Result<()> {
    let ordinals: Vec<_> = keys.iter().filter_map(|key| M::TABLE.ordinal(key)).collect();
    let has_text = ordinals.iter().any(|&ordinal| M::TABLE.columns[ordinal].ty == ValueType::Text);
    if records.len() < 2 || !has_text {
        return Ok(());
    }
    let Some(info) = description(session, M::TABLE.name).await? else { return Ok(()) };
    let ends_blank = records.iter().any(|record| ordinals.iter().any(|&ordinal| is_blank(&record.value(ordinal))));
    let merged = |&ordinal: &usize| {
        let def = &M::TABLE.columns[ordinal];
        let column = info.column(def.name).filter(|_| def.ty == ValueType::Text)?;
        merges_texts(column, ends_blank, session.dialect()).then_some((ordinal, column))
    };
    let merged: Vec<(usize, &ColumnInfo)> = ordinals.iter().filter_map(merged).collect();
    if merged.is_empty() {
        return Ok(());
    }
    let given = Given::of(records, &ordinals, &merged, session.dialect());
    match given.pair(&merged, session, M::TABLE.model).await? {
        Some((first, second)) => Err(equal::<M>(first, second, keys, session)),
        None => Ok(()),
    }
}

fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.ends_with(' '))
}

/// The different keys.
struct Given {
    /// The index of the record of each key.
    records: Vec<usize>,
    /// The JSON of each key, for the database.
    keys: Vec<String>,
}

impl Given {
    fn of<M: Model>(
        records: &[M],
        ordinals: &[usize],
        merged: &[(usize, &ColumnInfo)],
        dialect: &'static Dialect,
    ) -> Self {
        let (now, longest) = (Now::of(dialect, &None), dialect.equality.longest());
        let exact: Vec<_> =
            ordinals.iter().copied().filter(|ordinal| !merged.iter().any(|(text, _)| text == ordinal)).collect();
        let (mut seen, mut groups) = (HashSet::new(), HashMap::new());
        let mut given = Self { records: Vec::new(), keys: Vec::new() };
        for (index, record) in records.iter().enumerate() {
            let stamps = stamps::of_insert(record, &now);
            let texts = merged.iter().map(|(ordinal, _)| match stamped(record, &stamps, *ordinal) {
                // PostgreSQL refuses NUL, also in JSON.
                Value::Text(text) if !text.contains('\0') && text.chars().count() <= longest => {
                    Some(serde_json::Value::String(text))
                }
                _ => None,
            });
            let Some(texts) = texts.collect::<Option<Vec<_>>>() else { continue };
            if seen.insert(fingerprint(record, &stamps, ordinals)) {
                let next = groups.len();
                let group = *groups.entry(fingerprint(record, &stamps, &exact)).or_insert(next);
                given.records.push(index);
                let key: Vec<_> = [serde_json::Value::from(group)].into_iter().chain(texts).collect();
                given.keys.push(serde_json::Value::Array(key).to_string());
            }
        }
        given
    }

    /// Returns the indexes of two records with equal keys.
    async fn pair(
        &self,
        merged: &[(usize, &ColumnInfo)],
        session: &Session,
        model: &'static str,
    ) -> Result<Option<(usize, usize)>> {
        let columns: Vec<_> = merged.iter().map(|(_, column)| *column).collect();
        let parts = self.parts();
        for (place, first) in parts.iter().enumerate() {
            // Each two parts are compared together. One part is enough for most upserts.
            let others = if parts.len() == 1 { &parts[..] } else { &parts[place + 1..] };
            for second in others {
                let all: Vec<usize> = if parts.len() == 1 {
                    first.clone().collect()
                } else {
                    first.clone().chain(second.clone()).collect()
                };
                let keys: Vec<_> = all.iter().map(|&key| &*self.keys[key]).collect();
                let sql = equal_keys(format!("[{}]", keys.join(",")), &columns, session.dialect());
                let read = |row: &dyn crate::value::RowRef| Ok((cell::<i64>(row, 0)?, cell::<i64>(row, 1)?));
                let found = session.fetch_one(&sql, Label::new(model, "compare keys"), read).await?;
                let record = |number: i64| {
                    let key = usize::try_from(number - 1).ok().and_then(|number| all.get(number))?;
                    self.records.get(*key).copied()
                };
                if let Some((first, second)) = found {
                    return Ok(record(first).zip(record(second)));
                }
            }
        }
        Ok(None)
    }

    /// Splits the keys, because servers limit the length of a statement.
    fn parts(&self) -> Vec<std::ops::Range<usize>> {
        const BYTES: usize = 2 << 20;
        let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (index, key) in self.keys.iter().enumerate() {
            bytes += key.len() + 1;
            if bytes > BYTES && index > start {
                parts.push(start..index);
                (start, bytes) = (index, key.len());
            }
        }
        parts.push(start..self.keys.len());
        parts
    }
}

#[cold]
fn equal<M: Model>(first: usize, second: usize, keys: &[&'static str], session: &Session) -> Error {
    let message = format!(
        "the records at the indexes {first} and {second} of this upsert have different keys ({}) that the database finds equal, so they would be \
         one row; nothing was written: leave one of them out, or change the collation of the columns",
        keys.join(", ")
    );
    Error::new(ErrorKind::UniqueViolation, message)
        .with_model(M::TABLE.model)
        .with_connection(session.endpoint().name())
        .with_record_index(second)
}
