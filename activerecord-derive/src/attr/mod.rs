//! Attributes as settings: each word at most once, in its form, with its place kept for messages.

mod krate;
pub(crate) mod symbol;

use strsim::damerau_levenshtein;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path};

use crate::ctxt::Ctxt;
pub(crate) use krate::krate;

/// The attributes of one item, read word by word.
pub(crate) struct Attrs<'c, 'a> {
    ctxt: &'c Ctxt,
    attrs: &'a [Attribute],
}

impl<'c, 'a> Attrs<'c, 'a> {
    pub(crate) fn new(ctxt: &'c Ctxt, attrs: &'a [Attribute]) -> Self {
        Self { ctxt, attrs }
    }

    /// `#[word]`
    pub(crate) fn flag(&self, word: &'static str) -> Option<&'a Attribute> {
        let attr = self.once(word)?;
        if !matches!(attr.meta, Meta::Path(_)) {
            self.ctxt.error(&attr.meta, format!("`#[{word}]` takes no value"));
        }
        Some(attr)
    }

    /// `#[word = "text"]`
    pub(crate) fn text(&self, word: &'static str) -> Option<LitStr> {
        let attr = self.once(word)?;
        match &attr.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().trim().is_empty() => {
                    self.ctxt.error(text, format!("the text of `#[{word}]` is empty"));
                }
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => return Some(text.clone()),
                other @ (Expr::Lit(_) | Expr::Macro(_)) => {
                    self.ctxt.error(other, format!("expected text in quotes: `#[{word} = \"..\"]`"));
                }
                // The compiler itself says that it must be a literal.
                _ => {}
            },
            other => self.ctxt.error(other, format!("expected `#[{word} = \"..\"]`")),
        }
        None
    }

    /// `#[word(path)]`, the path of a model, which has to stand on the item: `why` says so.
    pub(crate) fn path(&self, word: &'static str, item: &Ident, why: &str) -> Option<Path> {
        let Some(attr) = self.once(word) else {
            self.ctxt.error(item, format!("{why}: add `#[{word}(..)]`"));
            return None;
        };
        let path = attr.parse_args::<Path>();
        if path.is_err() {
            self.ctxt.error(&attr.meta, format!("expected the name of a model: `#[{word}(User)]`"));
        }
        path.ok()
    }

    /// Refuses words that belong elsewhere.
    pub(crate) fn refuse(&self, words: &[&'static str], place: &str) {
        for attr in self.attrs {
            if let Some(word) = words.iter().find(|word| attr.path().is_ident(word)) {
                self.ctxt.error(attr, format!("`#[{word}]` belongs on {place}"));
            }
        }
    }

    /// Whether an attribute is nearly this word. The compiler refuses it and suggests the word; taking it for the word keeps
    /// other messages away.
    pub(crate) fn misspelt(&self, word: &str) -> bool {
        let nearly = |name: &Ident| (1..=word.len() / 4).contains(&damerau_levenshtein(&name.to_string(), word));
        self.attrs.iter().filter_map(|attr| attr.path().get_ident()).any(nearly)
    }

    /// The attribute of this word; a second one is an error.
    fn once(&self, word: &str) -> Option<&'a Attribute> {
        let mut found = self.attrs.iter().filter(|attr| attr.path().is_ident(word));
        let first = found.next();
        for again in found {
            self.ctxt.error(again, format!("`#[{word}]` stands here twice"));
        }
        first
    }
}
