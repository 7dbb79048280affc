//! Compiling texts to statements.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use activerecord_core::{ErrorKind, Result};
use rusqlite::ffi;

use super::{Database, Statement};
use crate::error;

impl Database {
    pub(super) fn compile(&mut self, text: &str) -> Result<Option<Statement>> {
        if text.contains('\0') {
            return Err(error::invalid_statement("the SQL text contains a NUL character"));
        }
        let (statement, tail) = self.compile_first(text)?;
        match statement {
            Some(statement) if self.is_blank(tail)? => Ok(Some(statement)),
            _ => Ok(None),
        }
    }

    /// The first statement of a text, if it has one, and the text after it.
    pub(super) fn compile_first<'t>(&mut self, text: &'t str) -> Result<(Option<Statement>, &'t str)> {
        match self.compile_now(text) {
            // Another connection may have changed the schema. SQLite notices that by itself for some errors only, such as a
            // missing table, and not for a missing unique key.
            Err(error) if error.kind() == ErrorKind::InvalidStatement && self.reads_schema() => self.compile_now(text),
            compiled => compiled,
        }
    }

    /// Reads the schema again if another connection has changed it. False when the file cannot be read now.
    fn reads_schema(&self) -> bool {
        let read = self.connection.query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |_| Ok(()));
        matches!(read, Ok(()) | Err(rusqlite::Error::QueryReturnedNoRows))
    }

    /// As [`compile_first`](Self::compile_first), with the schema that the connection knows.
    fn compile_now<'t>(&mut self, text: &'t str) -> Result<(Option<Statement>, &'t str)> {
        let length = c_int::try_from(text.len()).map_err(|_| error::invalid_statement("the SQL text is too long"))?;
        let (mut raw, mut tail) = (ptr::null_mut(), ptr::null());
        // SQLite also told of the statements that others compiled on this connection, such as its settings.
        self.uses.take();
        // SAFETY: the handle is valid; the text is `length` readable bytes, which SQLite copies; `raw` and `tail` are
        // places for the results.
        let code = unsafe {
            let flags = ffi::SQLITE_PREPARE_PERSISTENT;
            ffi::sqlite3_prepare_v3(
                self.connection.handle(),
                text.as_ptr().cast(),
                length,
                flags,
                &raw mut raw,
                &raw mut tail,
            )
        };
        if code != ffi::SQLITE_OK {
            return Err(error::at_prepare(code, &self.message()));
        }
        let read = (tail as usize).saturating_sub(text.as_ptr() as usize);
        let (first, tail) = text.split_at_checked(read).unwrap_or((text, ""));
        // SAFETY: SQLITE_OK, so `raw` is null or a new statement of this connection.
        let mut statement = NonNull::new(raw).map(|raw| unsafe { Statement::new(raw, first, self.uses.take()) });
        if let Some(statement) = &mut statement
            && statement.profile.may_be_unbounded()
        {
            statement.profile.set_unbounded(self.has_unbounded_instruction(first));
        }
        Ok((statement, tail))
    }

    /// Whether the program of a statement, with its triggers, has an instruction that concerns all rows of a table.
    fn has_unbounded_instruction(&self, text: &str) -> bool {
        let explain = || {
            let mut explained = self.connection.prepare(&format!("EXPLAIN {text}"))?;
            let mut instructions = explained.raw_query();
            while let Some(instruction) = instructions.next()? {
                if let "Count" | "Clear" = instruction.get_ref(1)?.as_str()? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let explained: rusqlite::Result<bool> = explain();
        self.uses.take();
        explained.unwrap_or(true)
    }

    /// Whether a text has no statement: only space, comments and semicolons.
    fn is_blank(&mut self, mut text: &str) -> Result<bool> {
        loop {
            text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
            if text.is_empty() {
                return Ok(true);
            }
            match self.compile_first(text) {
                Ok((None, tail)) if tail.len() < text.len() => text = tail,
                Ok((None, _)) => return Ok(true),
                // A second statement may need what the first one creates, so a failure to compile it is not an error
                // here.
                Ok((Some(_), _)) | Err(_) => return Ok(false),
            }
        }
    }
}
