//! `#[column ..]`: what a field says about its column.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Meta, Token};

use super::Attrs;
use super::symbol::COLUMN;

const NAME: &str = "name";
const GENERATED: &str = "generated";
const DEFAULT: &str = "default";
const STORED: &str = "stored";
const SETTINGS: &str = "`name = \"..\"`, `stored = \"..\"`, `generated` or `default`";

/// The settings of `#[column = "name"]` and `#[column(name = "name", default)]`.
#[derive(Default)]
pub(crate) struct Column {
    /// The name of the column.
    pub(crate) name: Option<LitStr>,
    /// Where the values come from, if not always from the field, and the word that says so.
    pub(crate) origin: Option<(Origin, Ident)>,
    /// How the values are stored.
    pub(crate) stored: Option<LitStr>,
}

/// Where the values of a column come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `generated`: the database computes every value.
    Generated,
    /// `default`: the database supplies the value of an unset field.
    Default,
}

/// One setting in `#[column(..)]`.
enum Setting {
    Name(LitStr),
    Stored(LitStr),
    Origin(Origin, Ident),
}

impl Attrs<'_, '_> {
    /// `#[column = "name"]`, `#[column(..)]`, or both.
    pub(crate) fn column(&self) -> Column {
        let mut column = Column::default();
        for attr in self.attrs.iter().filter(|attr| attr.path().is_ident(COLUMN)) {
            match &attr.meta {
                Meta::NameValue(pair) => {
                    if let Some(name) = self.quoted(COLUMN, &pair.value) {
                        self.name(&mut column, name, attr);
                    }
                }
                Meta::List(_) => match attr.parse_args_with(Punctuated::<Setting, Token![,]>::parse_terminated) {
                    Ok(settings) => settings.into_iter().for_each(|setting| self.set(&mut column, setting)),
                    Err(error) => self.ctxt.push(error),
                },
                Meta::Path(_) => self.ctxt.error(attr, "expected `#[column = \"..\"]` or `#[column(..)]`"),
            }
        }
        column
    }

    fn set(&self, column: &mut Column, setting: Setting) {
        match setting {
            Setting::Name(name) => {
                if let Some(name) = self.not_empty(COLUMN, &name) {
                    self.name(column, name.clone(), name);
                }
            }
            Setting::Stored(stored) => match column.stored {
                Some(_) => self.ctxt.error(stored, format!("duplicate `{STORED}`")),
                None => column.stored = Some(stored),
            },
            Setting::Origin(origin, word) => match &column.origin {
                Some((first, _)) if *first == origin => self.ctxt.error(&word, format!("duplicate `{word}`")),
                Some((_, first)) => self.ctxt.error(&word, format!("a column cannot be both `{first}` and `{word}`")),
                None => column.origin = Some((origin, word)),
            },
        }
    }

    fn name(&self, column: &mut Column, name: LitStr, place: impl ToTokens) {
        match &column.name {
            Some(_) => self.ctxt.error(place, format!("duplicate `#[{COLUMN}]`")),
            None => column.name = Some(name),
        }
    }
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("expected {SETTINGS}; a name alone is `#[column = \"..\"]`")));
        }
        let word = input.call(Ident::parse_any)?;
        match word.to_string().as_str() {
            NAME => input.parse::<Token![=]>().and_then(|_| input.parse().map(Self::Name)),
            STORED => input.parse::<Token![=]>().and_then(|_| input.parse().map(Self::Stored)),
            GENERATED => Ok(Self::Origin(Origin::Generated, word)),
            DEFAULT => Ok(Self::Origin(Origin::Default, word)),
            other => Err(syn::Error::new(word.span(), format!("unknown setting `{other}`; expected {SETTINGS}"))),
        }
    }
}
