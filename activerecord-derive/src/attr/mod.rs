//! Reads attributes as settings: each at most once, in its form, with its span for messages.

mod column;
mod krate;
pub(crate) mod symbol;

use strsim::damerau_levenshtein;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token};

use self::symbol::FLATTEN;
use crate::ctxt::Ctxt;
pub(crate) use column::{Column, Origin};
pub(crate) use krate::krate;

/// `#[flatten]` on a field that holds an embedded struct.
pub(crate) struct Flatten<'a> {
    pub(crate) attr: &'a Attribute,
    /// The prefix of the columns' names.
    pub(crate) prefix: Option<LitStr>,
}

/// The attributes of one item.
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
            Meta::NameValue(pair) => self.quoted(word, &pair.value),
            other => {
                self.ctxt.error(other, format!("expected `#[{word} = \"..\"]`"));
                None
            }
        }
    }

    /// The text of `#[word = "text"]`, which must not be empty.
    fn quoted(&self, word: &'static str, value: &Expr) -> Option<LitStr> {
        match value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => return self.not_empty(word, text),
            other @ (Expr::Lit(_) | Expr::Macro(_)) => {
                self.ctxt.error(other, format!("expected text in quotes: `#[{word} = \"..\"]`"));
            }
            // The compiler already reports a value that is not a literal.
            _ => {}
        }
        None
    }

    fn not_empty(&self, word: &'static str, text: &LitStr) -> Option<LitStr> {
        if text.value().trim().is_empty() {
            self.ctxt.error(text, format!("the text of `#[{word}]` is empty"));
            return None;
        }
        Some(text.clone())
    }

    /// `#[flatten]` or `#[flatten(prefix = "text")]`
    pub(crate) fn flatten(&self) -> Option<Flatten<'a>> {
        let attr = self.once(FLATTEN)?;
        let prefix = match &attr.meta {
            Meta::Path(_) => Ok(None),
            Meta::List(_) => attr.parse_args_with(prefix).map(Some),
            Meta::NameValue(_) => Err(syn::Error::new_spanned(&attr.meta, "expected `#[flatten(prefix = \"..\")]`")),
        };
        Some(Flatten {
            attr,
            prefix: prefix.unwrap_or_else(|error| {
                self.ctxt.push(error);
                None
            }),
        })
    }

    /// `#[word(path)]`, the path of a model, which the item must have.
    pub(crate) fn path(&self, word: &'static str, item: &Ident) -> Option<Path> {
        let Some(attr) = self.once(word) else {
            self.ctxt.error(item, format!("`{item}` does not name its model: add `#[{word}(Model)]`"));
            return None;
        };
        let path = attr.parse_args::<Path>();
        if path.is_err() {
            self.ctxt.error(&attr.meta, format!("expected the name of a model: `#[{word}(User)]`"));
        }
        path.ok()
    }

    /// Refuses attributes that belong elsewhere.
    pub(crate) fn refuse(&self, words: &[&'static str], place: &str) {
        for attr in self.attrs {
            if let Some(word) = words.iter().find(|word| attr.path().is_ident(word)) {
                self.ctxt.error(attr, format!("`#[{word}]` belongs on {place}"));
            }
        }
    }

    /// Whether an attribute is a misspelling of this word. The compiler reports it and suggests the word; treating it as the
    /// word avoids further messages.
    pub(crate) fn misspelt(&self, word: &str) -> bool {
        let nearly = |name: &Ident| (1..=word.len() / 4).contains(&damerau_levenshtein(&name.to_string(), word));
        self.attrs.iter().filter_map(|attr| attr.path().get_ident()).any(nearly)
    }

    /// The attribute with this name; a second one is an error.
    fn once(&self, word: &str) -> Option<&'a Attribute> {
        let mut found = self.attrs.iter().filter(|attr| attr.path().is_ident(word));
        let first = found.next();
        for again in found {
            self.ctxt.error(again, format!("duplicate `#[{word}]`"));
        }
        first
    }
}

/// `prefix = "text"`
fn prefix(input: ParseStream<'_>) -> syn::Result<LitStr> {
    const PREFIX: &str = "prefix";
    let word: Ident = input.parse()?;
    if word != PREFIX {
        input.parse::<proc_macro2::TokenStream>()?;
        return Err(syn::Error::new(word.span(), format!("unknown argument `{word}`; expected `{PREFIX}`")));
    }
    input.parse::<Token![=]>()?;
    let text: LitStr = input.parse()?;
    input.parse::<Option<Token![,]>>()?;
    Ok(text)
}
