//! What the SQL of these servers needs from this side: which server it is, and what a statement does, by its first words.

mod server;
mod words;

pub(crate) use server::{Flavour, Server};
pub(crate) use words::{Verb, is_script, verbs};
