//! The tokens of a text, as far as they tell where its statements begin and end.

/// A piece of a text. Space and comments are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    /// `$1`
    Placeholder(usize),
    Semicolon,
    Open,
    Close,
    /// A quoted text or name, a number, an operator.
    Other,
}

pub(super) struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            let length = match self.rest.as_bytes() {
                [b'-', b'-', ..] => self.rest.find('\n').unwrap_or(self.rest.len()),
                [b'/', b'*', ..] => comment(self.rest.as_bytes()),
                _ => return,
            };
            self.take(length);
        }
    }

    fn word(&mut self) -> Token<'t> {
        let length = self.rest.find(|c: char| !is_in_word(c)).unwrap_or(self.rest.len());
        let word = self.take(length);
        if word.eq_ignore_ascii_case("E") && self.rest.starts_with('\'') {
            self.take(quoted(self.rest.as_bytes(), true));
            return Token::Other;
        }
        Token::Word(word)
    }

    fn dollar(&mut self) -> Token<'t> {
        let digits = self.rest[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len() - 1);
        if digits > 0 {
            let number = self.take(digits + 1)[1..].parse();
            return Token::Placeholder(number.unwrap_or(usize::MAX));
        }
        self.take(dollar_quoted(self.rest).unwrap_or(1));
        Token::Other
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        self.skip_space();
        let first = self.rest.chars().next()?;
        let token = match first {
            '\'' | '"' => {
                self.take(quoted(self.rest.as_bytes(), false));
                return Some(Token::Other);
            }
            '$' => return Some(self.dollar()),
            '0'..='9' => {
                self.take(self.rest.find(|c: char| !is_in_word(c)).unwrap_or(self.rest.len()));
                return Some(Token::Other);
            }
            c if is_in_word(c) => return Some(self.word()),
            ';' => Token::Semicolon,
            '(' => Token::Open,
            ')' => Token::Close,
            _ => Token::Other,
        };
        self.take(first.len_utf8());
        Some(token)
    }
}

fn is_in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// The length of a quoted text or name. A doubled quote inside it ends it and starts the next, which comes to the same.
fn quoted(text: &[u8], backslash_escapes: bool) -> usize {
    let (quote, mut at) = (text[0], 1);
    while at < text.len() {
        match text[at] {
            b'\\' if backslash_escapes => at += 1,
            c if c == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The length of a comment, in which others may be nested.
fn comment(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < text.len() {
        match &text[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" if depth == 1 => return at + 2,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    text.len()
}

/// The length of `$tag$ .. $tag$`.
fn dollar_quoted(text: &str) -> Option<usize> {
    let tag_end = text[1..].find('$')? + 2;
    let tag = &text[..tag_end];
    let is_name = tag[1..tag_end - 1].chars().all(|c| is_in_word(c) && c != '$');
    is_name.then(|| text[tag_end..].find(tag).map_or(text.len(), |end| tag_end + end + tag.len()))
}
