//! The text of errors.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use super::Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut separator = " (";
        let mut detail = |f: &mut fmt::Formatter<'_>, name: &str, value: Option<&str>| match value {
            Some(value) => write!(f, "{}{name} {value}", std::mem::replace(&mut separator, "; ")),
            None => Ok(()),
        };
        detail(f, "connection", self.connection())?;
        detail(f, "model", self.model())?;
        detail(f, "record", self.record_index().map(|index| index.to_string()).as_deref())?;
        detail(f, "SQL:", self.sql().map(shortened).as_deref())?;
        if separator == "; " { f.write_str(")") } else { Ok(()) }
    }
}

/// Shows only the details that are known, because `fn main() -> Result<()>` prints an error this way.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        let details = [
            ("connection", self.connection().map(Cow::from)),
            ("model", self.model().map(Cow::from)),
            ("sql", self.sql().map(shortened)),
            ("constraint", self.constraint().map(Cow::from)),
            ("code", self.code().map(Cow::from)),
            ("record_index", self.record_index().map(|index| index.to_string().into())),
        ];
        for (name, value) in details {
            if let Some(value) = value {
                debug.field(name, &value);
            }
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Cuts a long SQL text, such as a bulk INSERT, so that the message stays readable.
fn shortened(sql: &str) -> Cow<'_, str> {
    const MOST: usize = 1_000;
    match sql.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} .. (shortened from {} bytes)", &sql[..end], sql.len()).into(),
        None => sql.into(),
    }
}
