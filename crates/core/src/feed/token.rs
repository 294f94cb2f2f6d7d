//! Tags and texts of a document that is meant to be XML.
//!
//! Never fails and reads every byte once: where XML would stop, the smallest reading that continues is taken. A `<`
//! that opens nothing is text, a missing attribute quote ends with its tag, a construct without an end runs to the end
//! of the document. Slices of the input are returned as they are; [`super::entity`] resolves entities, and only where
//! the text is needed.

use memchr::{memchr, memchr2, memmem};

/// A piece of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open {
        name: &'a str,
        attributes: &'a str,
        closed: bool,
    },
    Close {
        name: &'a str,
    },
    /// Text with its entities unresolved.
    Text(&'a str),
    Cdata(&'a str),
    /// The text between `<!DOCTYPE` and its `>`.
    Doctype(&'a str),
}

/// Cuts a document into tokens.
pub(super) struct Tokenizer<'a> {
    text: &'a str,
    at: usize,
    /// Ends that were searched for and are nowhere in the rest of the document: each further search would cost a pass.
    missing: [bool; 7],
    /// The document ended inside a construct.
    pub(super) truncated: bool,
    /// How many `<` were text.
    pub(super) bare: u32,
}

/// The ends of constructs, as indexes of [`Tokenizer::missing`].
const ENDS: [&str; 7] = ["-->", "]]>", "?>", ">", "\"", "'", "]"];
const COMMENT: usize = 0;
const CDATA: usize = 1;
const INSTRUCTION: usize = 2;
const TAG: usize = 3;
const QUOTE: usize = 4;
const APOSTROPHE: usize = 5;
const SUBSET: usize = 6;

impl<'a> Tokenizer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, missing: [false; 7], truncated: false, bare: 0 }
    }

    /// How much of the document has been cut.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn find(&mut self, end: usize, from: usize) -> Option<usize> {
        if self.missing[end] {
            return None;
        }
        let found = memmem::find(&self.text.as_bytes()[from..], ENDS[end].as_bytes()).map(|offset| from + offset);
        self.missing[end] = found.is_none();
        found
    }

    /// Takes the text from here to an end, and moves after it.
    fn up_to(&mut self, end: usize, from: usize) -> &'a str {
        let found = self.find(end, from);
        self.truncated |= found.is_none();
        let stop = found.unwrap_or(self.text.len());
        self.at = (stop + ENDS[end].len()).min(self.text.len());
        &self.text[from..stop]
    }

    /// Text from `from` to the next `<` that could open something.
    fn text(&mut self, from: usize) -> Token<'a> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while let Some(offset) = memchr(b'<', &bytes[at..]) {
            at += offset;
            if opens(&bytes[at + 1..]) {
                self.at = at;
                return Token::Text(&self.text[from..at]);
            }
            self.bare = self.bare.saturating_add(1);
            at += 1;
        }
        self.at = bytes.len();
        Token::Text(&self.text[from..])
    }

    fn declaration(&mut self, start: usize) -> Option<Token<'a>> {
        let rest = &self.text[start..];
        if rest.starts_with("<!--") {
            self.up_to(COMMENT, start + 4);
            return None;
        }
        if starts_with_ignore_case(rest, "<![CDATA[") {
            return Some(Token::Cdata(self.up_to(CDATA, start + 9)));
        }
        if starts_with_ignore_case(rest, "<!DOCTYPE") {
            // an internal subset contains declarations with their own `>`
            let head = &rest[..memchr(b'>', rest.as_bytes()).unwrap_or(rest.len())];
            let subset = memchr(b'[', head.as_bytes()).and_then(|subset| self.find(SUBSET, start + subset));
            return Some(Token::Doctype(match subset {
                Some(end) => {
                    self.up_to(TAG, end);
                    &self.text[start + 9..end]
                }
                None => self.up_to(TAG, start + 9),
            }));
        }
        self.up_to(if rest.starts_with("<?") { INSTRUCTION } else { TAG }, start + 2);
        None
    }

    /// A tag from its `<` on; `None` if it is text.
    fn tag(&mut self, start: usize) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        let close = bytes.get(start + 1) == Some(&b'/');
        let name_start = start + 1 + usize::from(close);
        let name_end = bytes[name_start..]
            .iter()
            .position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'<' | b'=' | b'"' | b'\''))
            .map_or(bytes.len(), |length| name_start + length);
        let name = &self.text[name_start..name_end];
        if name.contains('@') {
            return None; // <somebody@example.com>
        }
        let end = self.tag_end(name_end)?;
        if end == bytes.len() {
            self.truncated = true;
            self.at = end;
            return None;
        }
        self.at = end + 1;
        if close {
            return Some(Token::Close { name });
        }
        let attributes = &self.text[name_end..end];
        let closed = attributes.ends_with('/');
        Some(Token::Open { name, attributes: attributes.strip_suffix('/').unwrap_or(attributes), closed })
    }

    /// Where a tag's `>` is, not counting those in quoted values; the document's end if it is cut off, `None` if
    /// another tag comes first.
    fn tag_end(&mut self, mut at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut after_equals = false;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'>' => return Some(at),
                b'<' => return None,
                b'"' | b'\'' if after_equals => {
                    let quote = if byte == b'"' { QUOTE } else { APOSTROPHE };
                    let Some(end) = self.find(quote, at + 1) else { return first_end(bytes, at) };
                    // a value that contains a tag's end and then another tag lacks its quote
                    let value = &bytes[at + 1..end];
                    if let Some(inner) = memchr2(b'<', b'>', value).filter(|&inner| value[inner] == b'>')
                        && memchr(b'<', &value[inner..]).is_some()
                    {
                        return Some(at + 1 + inner);
                    }
                    at = end;
                    after_equals = false;
                }
                _ => after_equals = byte == b'=' || (after_equals && byte.is_ascii_whitespace()),
            }
            at += 1;
        }
        Some(at)
    }
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let start = self.at;
            let rest = &self.text.as_bytes()[start..];
            match rest {
                [] => return None,
                [b'<', b'!' | b'?', ..] => match self.declaration(start) {
                    Some(token) => return Some(token),
                    None => continue,
                },
                [b'<', after @ ..] if opens(after) => match self.tag(start) {
                    Some(token) => return Some(token),
                    None if self.at > start => return None,
                    None => {
                        self.bare = self.bare.saturating_add(1);
                        self.at = start + 1;
                    }
                },
                _ => {}
            }
            return Some(self.text(start));
        }
    }
}

/// Whether the text after a `<` makes it markup.
fn opens(after: &[u8]) -> bool {
    let name = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b':' | 0x80..));
    match after.first() {
        Some(b'!' | b'?') => true,
        Some(b'/') => name(after.get(1)),
        first => name(first),
    }
}

fn first_end(bytes: &[u8], from: usize) -> Option<usize> {
    match memchr2(b'<', b'>', &bytes[from..]) {
        Some(offset) => Some(from + offset).filter(|&at| bytes[at] == b'>'),
        None => Some(bytes.len()),
    }
}

pub(super) fn starts_with_ignore_case(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// The attributes of a tag, as pairs of name and unresolved value. At most 64: no element of any feed has more.
pub(super) fn attributes(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '='));
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        let Some(value) = tail.trim_start().strip_prefix('=') else {
            rest = tail;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let (value, tail) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        rest = tail;
        Some((name, value))
    })
    .take(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut out = String::new();
        for token in Tokenizer::new(text) {
            out += &match token {
                Token::Open { name, attributes: raw, closed } => {
                    let attributes: String = attributes(raw).map(|(name, value)| format!(" {name}={value}")).collect();
                    format!("[{name}{attributes}{}]", if closed { "/" } else { "" })
                }
                Token::Close { name } => format!("[/{name}]"),
                Token::Text(text) => text.to_owned(),
                Token::Cdata(text) => format!("{{{text}}}"),
                Token::Doctype(text) => format!("[!{text}]"),
            };
        }
        assert_eq!(out, expected, "{text}");
    }

    #[test]
    fn what_is_broken_is_read_on() {
        for (text, expected) in [
            ("<a b='1' c=\"2\">x</a >", "[a b=1 c=2]x[/a]"),
            ("<a b = 'x>y'/>", "[a b=x>y/]"),
            ("<a b=c d>", "[a b=c d=]"),
            ("a < b <3 c<d>", "a < b <3 c[d]"),
            ("<t>1 <x 2</t>", "[t]1 <x 2[/t]"),
            ("by <me@example.com>", "by <me@example.com>"),
            ("<a b=\"1><c>x</c><d e=\"2\">", "[a b=1][c]x[/c][d e=2]"),
            ("<!-- <a> --><![CDATA[<b>]]>]]>", "{<b>}]]>"),
            ("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>", "[! x [<!ENTITY a 'b'>][x]"),
            ("<!-- open <a>", ""),
            ("<![CDATA[open <a>", "{open <a>}"),
            ("<a b='", ""),
            ("x<", "x<"),
            ("<é/>", "[é/]"),
        ] {
            check(text, expected);
        }
    }
}
