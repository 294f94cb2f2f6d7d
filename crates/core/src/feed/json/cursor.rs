//! JSON that is read further where its syntax is wrong.
//!
//! Never fails, and reads every byte a limited number of times. Raw line feeds in strings, extra and missing commas,
//! keys and strings with other quotes or none, brackets that do not match and quotes inside a string leave no doubt
//! about the meaning, and are counted. Correct JSON is read as RFC 8259 says.

use memchr::memchr2;

use crate::feed::entity::without_controls;

/// Values nested deeper than this are skipped.
const MAX_DEPTH: usize = 64;
/// A key is not longer than this, if it has to be distinguished from text.
const MAX_KEY: usize = 64;

/// A position in a JSON text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// How often the syntax was wrong, and how it was first.
    pub(super) slips: u32,
    pub(super) first_slip: &'static str,
    /// The text ended inside a value.
    pub(super) cut: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, slips: 0, first_slip: "", cut: false }
    }

    /// How much has been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips a value; returns what it was.
    pub(super) fn raw(&mut self) -> &'a str {
        self.peek();
        let begun = self.at;
        self.skip();
        &self.text[begun..self.at]
    }

    /// The next byte that is neither white space nor in a comment.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let rest = self.rest();
            let blank = |c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}');
            self.at += rest.len() - rest.trim_start_matches(blank).len();
            if !self.comment() {
                return self.rest().bytes().next();
            }
        }
    }

    /// Skips a comment of JavaScript, if one is next.
    fn comment(&mut self) -> bool {
        let rest = self.rest();
        let Some(end) = [("/*", "*/"), ("//", "\n")].into_iter().find_map(|(open, close)| {
            let inner = rest.strip_prefix(open)?;
            Some(inner.find(close).map_or(rest.len(), |at| open.len() + at + close.len()))
        }) else {
            return false;
        };
        self.at += end;
        self.slip("a comment")
    }

    /// Reads an object, if one is next; `member` is called with each key, and reads the value or leaves it. Returns
    /// whether the object was complete.
    pub(super) fn members(&mut self, mut member: impl FnMut(&mut Self, &str)) -> bool {
        if self.peek() != Some(b'{') {
            self.skip();
            return false;
        }
        self.at += 1;
        self.depth += 1;
        let mut after_comma = true;
        let whole = loop {
            match self.peek() {
                None => break self.cut_off(),
                Some(b'}') => break self.close(),
                // outside of all lists it closes nothing
                Some(b']') if self.depth == 1 => {
                    self.at += 1;
                    self.slip("brackets that do not match");
                }
                Some(b']' | b'{') => break self.slip("an object without its end"),
                Some(b',') => after_comma = self.comma(after_comma),
                Some(_) => {
                    if !after_comma {
                        self.slip("a comma is missing");
                    }
                    after_comma = false;
                    let key = self.key();
                    match self.peek() {
                        Some(b':') => {
                            self.at += 1;
                            self.one(|cursor| member(cursor, &key));
                        }
                        Some(_) => {
                            self.slip("a key without a value");
                        }
                        None => {}
                    }
                }
            }
            if self.cut {
                break false;
            }
        };
        self.depth -= 1;
        whole
    }

    /// Reads a list; `element` is called at each value, and reads it or leaves it.
    pub(super) fn elements(&mut self, mut element: impl FnMut(&mut Self)) {
        if self.peek() != Some(b'[') {
            return self.skip();
        }
        self.at += 1;
        self.depth += 1;
        let (mut after_comma, mut of_objects) = (true, false);
        while !self.cut {
            match self.peek() {
                None => {
                    self.cut_off();
                }
                Some(b']') => {
                    self.close();
                    break;
                }
                Some(b'}') => {
                    self.slip("brackets that do not match");
                    if !(of_objects && self.goes_on()) {
                        break;
                    }
                    self.at += 1;
                }
                Some(b',') => after_comma = self.comma(after_comma),
                Some(first) => {
                    if !after_comma {
                        self.slip("a comma is missing");
                    }
                    (after_comma, of_objects) = (false, first == b'{');
                    self.one(&mut element);
                }
            }
        }
        self.depth -= 1;
    }

    /// A string, or a number as one; nothing for any other value.
    pub(super) fn text(&mut self) -> Option<String> {
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => Some(self.string(quote, false)),
            Some(b'-' | b'0'..=b'9') => Some(self.word().to_owned()),
            _ => {
                self.skip();
                None
            }
        }
    }

    /// Skips a value.
    pub(super) fn skip(&mut self) {
        match self.peek() {
            Some(b'{' | b'[') if self.depth >= MAX_DEPTH => self.skip_deep(),
            Some(b'{') => {
                self.members(|cursor, _| cursor.skip());
            }
            Some(b'[') => self.elements(Self::skip),
            Some(quote @ (b'"' | b'\'')) => {
                self.string(quote, false);
            }
            Some(b'}' | b']' | b',') => {
                self.slip("a value is missing");
            }
            _ => {
                self.word();
            }
        }
    }

    /// Skips a value by counting brackets.
    fn skip_deep(&mut self) {
        let mut open = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                b'"' => {
                    self.string(byte, false);
                    continue;
                }
                _ => {}
            }
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            if open == 0 {
                return;
            }
        }
        self.cut_off();
    }

    /// Lets a value be read, and skips it if it was not.
    fn one(&mut self, read: impl FnOnce(&mut Self)) {
        let is_there = !matches!(self.peek(), Some(b'}' | b']' | b','));
        let before = self.at;
        read(self);
        if self.at == before && is_there {
            self.skip();
        }
    }

    fn close(&mut self) -> bool {
        self.at += 1;
        true
    }

    fn cut_off(&mut self) -> bool {
        self.cut = true;
        false
    }

    fn comma(&mut self, after_comma: bool) -> bool {
        self.at += 1;
        if after_comma || matches!(self.peek(), Some(b'}' | b']')) {
            self.slip("a comma too many");
        }
        true
    }

    fn slip(&mut self, what: &'static str) -> bool {
        if self.slips == 0 {
            self.first_slip = what;
        }
        self.slips = self.slips.saturating_add(1);
        true
    }

    /// Whether a list of objects continues after a brace that closes nothing.
    fn goes_on(&self) -> bool {
        let rest = self.rest()[1..].trim_start();
        let rest = rest.strip_prefix(',').map_or(rest, str::trim_start);
        rest.starts_with(['{', ']'])
    }

    fn key(&mut self) -> String {
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => self.string(quote, true),
            _ => {
                self.slip("a key without quotes");
                self.word().to_owned()
            }
        }
    }

    /// A number, `true`, `null`, or any text without quotes. At least one character, so that reading continues.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '{' | '}' | '[' | ']' | '"');
        let end = rest.find(ends).unwrap_or(rest.len());
        let end = if end == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { end };
        self.at += end;
        self.cut |= self.at == self.text.len();
        &rest[..end]
    }

    /// A string from its quote on.
    fn string(&mut self, quote: u8, is_key: bool) -> String {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let Some(length) = memchr2(quote, b'\\', rest.as_bytes()) else {
                self.at = self.text.len();
                self.cut_off();
                out.push_str(rest);
                break;
            };
            let piece = &rest[..length];
            if piece.bytes().any(|byte| byte < b' ') {
                self.slip("a line feed or tab inside a string");
            }
            out.push_str(piece);
            self.at += length + 1;
            if rest.as_bytes()[length] == b'\\' {
                self.escape(&mut out);
            } else if self.ends_string(is_key) {
                break;
            } else {
                self.slip("a quote inside a string");
                out.push(char::from(quote));
            }
        }
        match without_controls(&out) {
            std::borrow::Cow::Owned(clean) => clean,
            std::borrow::Cow::Borrowed(_) => out,
        }
    }

    /// Whether the text after a quote shows that the quote ends the string.
    fn ends_string(&self, is_key: bool) -> bool {
        let rest = self.rest().trim_start();
        let Some(next) = rest.bytes().next() else { return true };
        match next {
            b':' => is_key,
            b'}' | b']' => true,
            b',' => {
                let after = rest[1..].trim_start();
                let is_word = ["true", "false", "null"].iter().any(|word| after.starts_with(word));
                let is_value = |c: char| "\"'{}[],-".contains(c) || c.is_ascii_digit();
                is_word || after.is_empty() || after.starts_with(is_value) || is_bare_key(after) || is_comment(after)
            }
            b'"' => begins_key(&rest[1..]),
            b'/' => is_comment(rest),
            _ => false,
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, out: &mut String) {
        let Some(c) = self.rest().chars().next() else { return };
        self.at += c.len_utf8();
        match c {
            '"' | '\\' | '/' => out.push(c),
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' | 'f' => {}
            'u' => {
                let unit = self.unit();
                out.push(unit.map_or(char::REPLACEMENT_CHARACTER, |unit| self.character(unit)));
            }
            _ => {
                self.slip("a backslash that escapes nothing");
                if c.is_alphanumeric() {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let unit = self.rest().get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok())?;
        self.at += 4;
        Some(unit)
    }

    /// The character of a UTF-16 unit, or of two that belong together.
    fn character(&mut self, unit: u32) -> char {
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        let before = self.at;
        let low = self.rest().strip_prefix("\\u").is_some().then(|| {
            self.at += 2;
            self.unit()
        });
        match low.flatten() {
            Some(low @ 0xDC00..0xE000) => char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
                .unwrap_or(char::REPLACEMENT_CHARACTER),
            _ => {
                self.at = before;
                char::REPLACEMENT_CHARACTER
            }
        }
    }
}

/// Whether a comment follows a string: an address without a scheme starts like one, except for the space.
fn is_comment(text: &str) -> bool {
    text.starts_with("/*") || text.starts_with("// ")
}

/// Whether a key without quotes comes next, with its colon.
fn is_bare_key(text: &str) -> bool {
    let length = text.bytes().take(MAX_KEY).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    length > 0 && text[length..].starts_with(':')
}

/// Whether a key and its colon follow a quote.
fn begins_key(text: &str) -> bool {
    let window = crate::feed::bounds::beginning(text, MAX_KEY);
    window.split_once('"').is_some_and(|(key, after)| {
        !key.is_empty() && !key.contains(['\n', ',']) && after.trim_start().starts_with(':')
    })
}

#[cfg(test)]
mod tests;
