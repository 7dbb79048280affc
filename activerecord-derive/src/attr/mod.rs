//! Attributes as settings: each word at most once, in its form, with its place kept for messages.

pub(crate) mod symbol;

use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token, parse_quote};

use crate::ctxt::Ctxt;
use symbol::{ACTIVERECORD, MODEL};

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
            self.ctxt.error(attr, format!("`#[{word}]` takes no value"));
        }
        Some(attr)
    }

    /// `#[word = "text"]`
    pub(crate) fn text(&self, word: &'static str) -> Option<LitStr> {
        let attr = self.once(word)?;
        match &attr.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().trim().is_empty() => {
                    self.ctxt.error(text, format!("`#[{word} = \"..\"]` is empty"));
                }
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => return Some(text.clone()),
                other => self.ctxt.error(other, format!("expected a string: `#[{word} = \"..\"]`")),
            },
            _ => self.ctxt.error(attr, format!("expected `#[{word} = \"..\"]`")),
        }
        None
    }

    /// `#[model(path)]`
    pub(crate) fn model(&self) -> Option<Path> {
        let attr = self.once(MODEL)?;
        match attr.parse_args::<Path>() {
            Ok(path) => Some(path),
            Err(_) => {
                self.ctxt.error(attr, "expected the model's name: `#[model(User)]`");
                None
            }
        }
    }

    /// Whether `#[model]` stands here, in whatever form.
    pub(crate) fn has_model(&self) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident(MODEL))
    }

    /// The path of the crate: `::activerecord`, unless `#[activerecord(crate = ..)]` names another.
    pub(crate) fn krate(&self) -> Path {
        let named = self.once(ACTIVERECORD).and_then(|attr| match attr.parse_args_with(crate_argument) {
            Ok(path) => Some(path),
            Err(error) => {
                self.ctxt.push(error);
                None
            }
        });
        named.unwrap_or_else(|| parse_quote!(::activerecord))
    }

    /// Refuses words that belong elsewhere.
    pub(crate) fn refuse(&self, words: &[&'static str], place: &str) {
        for attr in self.attrs {
            if let Some(word) = words.iter().find(|word| attr.path().is_ident(word)) {
                self.ctxt.error(attr, format!("`#[{word}]` belongs on {place}"));
            }
        }
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

/// `crate = path` or `crate = "path"`
fn crate_argument(input: syn::parse::ParseStream<'_>) -> syn::Result<Path> {
    if input.peek(Token![crate]) {
        input.parse::<Token![crate]>()?;
    } else {
        let word: Ident = input.parse()?;
        let near = strsim::jaro_winkler(&word.to_string(), "crate") > 0.7;
        let hint = if near { "did you mean `crate`?" } else { "expected `crate = path`" };
        return Err(syn::Error::new(word.span(), format!("unknown word `{word}`; {hint}")));
    }
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) { input.parse::<LitStr>()?.parse() } else { input.call(Path::parse_mod_style) }
}
