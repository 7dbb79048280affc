//! Renders patterns of LIKE.

use super::expr::{atom, expr};
use super::function::copied;
use super::writer::Writer;
use crate::dialect::Like;
use crate::error::{Error, Result};
use crate::statement::{Expr, LikePattern};
use crate::value::Value;

pub(super) fn like(w: &mut Writer<'_>, inner: Expr, LikePattern { pattern, ignore_case }: LikePattern) -> Result<()> {
    if w.dialect.like == Like::Glob && pattern.contains('\0') {
        return Err(Error::unsupported(
            "SQLite ends a pattern at a NUL character, so the pattern would match too much",
        ));
    }
    match (w.dialect.like, ignore_case) {
        (Like::Ilike, false) => operator(w, inner, " LIKE ", pattern),
        (Like::Ilike, true) => operator(w, inner, " ILIKE ", pattern),
        (Like::Glob, false) => operator(w, inner, " GLOB ", glob(&pattern)),
        (Like::Glob, true) => {
            operator(w, inner, " LIKE ", pattern)?;
            w.push(" ESCAPE '\\'");
            Ok(())
        }
        (Like::Collation(collation), false) => {
            operator(w, inner, " LIKE ", pattern)?;
            w.push(" COLLATE ").push(collation);
            Ok(())
        }
        (Like::Collation(_), true) => {
            let inner = copied(w, inner);
            w.push("LOWER(");
            expr(w, inner)?;
            w.push(") LIKE LOWER(").bind(Value::Text(pattern)).push(")");
            Ok(())
        }
    }
}

fn operator(w: &mut Writer<'_>, inner: Expr, operator: &str, pattern: String) -> Result<()> {
    atom(w, inner)?;
    w.push(operator).bind(Value::Text(pattern));
    Ok(())
}

/// Translates a pattern of LIKE to one of GLOB.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '%' => {
                glob.push('*');
                continue;
            }
            '_' => {
                glob.push('?');
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        if "*?[".contains(literal) {
            glob.extend(['[', literal, ']']);
        } else {
            glob.push(literal);
        }
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_as_globs() {
        for (like, expected) in
            [("a%b_c", "a*b?c"), (r"50\%\_", "50%_"), ("[*]?", "[[][*]][?]"), (r"\\", r"\"), ("\\", "\\")]
        {
            assert_eq!(glob(like), expected, "{like}");
        }
    }
}
