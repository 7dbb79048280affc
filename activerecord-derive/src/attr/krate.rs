//! `#[activerecord(crate = path)]`: the path of the crate.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitStr, Path, Token, parse_quote};

use super::Attrs;
use super::symbol::{ACTIVERECORD, MODEL, ON_FIELD, ON_STRUCT, VALUE};
use crate::ctxt::Ctxt;

const CRATE: &str = "crate";

/// The path of the crate: `::activerecord`, unless the attribute names another.
pub(crate) fn krate(ctxt: &Ctxt, attrs: &[Attribute]) -> Path {
    let named = Attrs::new(ctxt, attrs).once(ACTIVERECORD).and_then(|attr| {
        if attr.meta.require_list().is_err() {
            ctxt.error(&attr.meta, "expected `#[activerecord(crate = path)]`");
            return None;
        }
        attr.parse_args_with(argument).map_err(|error| ctxt.push(error)).ok()
    });
    named.unwrap_or_else(|| parse_quote!(::activerecord))
}

/// `crate = path` or `crate = "path"`
fn argument(input: ParseStream<'_>) -> syn::Result<Path> {
    let word = input.call(Ident::parse_any)?;
    if word != CRATE {
        input.parse::<proc_macro2::TokenStream>()?;
        return Err(syn::Error::new(word.span(), unknown(&word.to_string())));
    }
    input.parse::<Token![=]>()?;
    let (rest, quoted) = (input.fork(), input.peek(LitStr));
    let path = if quoted { input.parse::<LitStr>()?.parse() } else { input.call(Path::parse_mod_style) };
    let path = path.map_err(|_| rest.error("expected a path, as in `crate = path::to::activerecord`"))?;
    input.parse::<Option<Token![,]>>()?;
    Ok(path)
}

/// The message for an argument other than `crate`. Most such arguments are attributes of their own.
fn unknown(word: &str) -> String {
    let own = ON_STRUCT.iter().chain(&ON_FIELD).chain(&[MODEL, VALUE]).filter(|own| **own != ACTIVERECORD);
    let (_, nearest) = own
        .chain(&[CRATE])
        .map(|known| (strsim::jaro_winkler(word, known), *known))
        .fold((0.8, None), |best, (likeness, known)| if likeness > best.0 { (likeness, Some(known)) } else { best });
    match nearest {
        Some(CRATE) => format!("unknown argument `{word}`; did you mean `crate`?"),
        Some(own) => format!("unknown argument `{word}`; write `#[{own}]` as an attribute of its own"),
        None => format!("unknown argument `{word}`; expected `crate`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_named() {
        for (word, expected) in [
            ("crat", "unknown argument `crat`; did you mean `crate`?"),
            ("table", "unknown argument `table`; write `#[table]` as an attribute of its own"),
            ("conection", "unknown argument `conection`; write `#[connection]` as an attribute of its own"),
            ("zzz", "unknown argument `zzz`; expected `crate`"),
        ] {
            assert_eq!(unknown(word), expected);
        }
    }
}
