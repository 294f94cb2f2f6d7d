//! The attributes of a start tag, one after the other (HTML 13.2.5.32 to 39).

use std::ops::Range;

use memchr::memchr;

/// A start tag, read from its beginning; what follows it may be there too.
pub(super) struct StartTag<'a> {
    tag: &'a [u8],
    at: usize,
}

impl<'a> StartTag<'a> {
    pub(super) fn new(tag: &'a [u8]) -> Self {
        let mut start = Self { tag, at: 1 };
        start.skip(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>'));
        start
    }

    /// How far it was read: after the last attribute, where it ends.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Where the next attribute's name is, and where its value ends.
    pub(super) fn next_attribute(&mut self) -> Option<(Range<usize>, usize)> {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b'/');
        let start = self.at;
        match self.tag.get(self.at) {
            None => return None,
            Some(b'>') => {
                self.at += 1;
                return None;
            }
            // an equals sign is part of a name that begins with it
            Some(_) => self.at += 1,
        }
        self.skip(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>' | b'='));
        let name = start..self.at;
        let end = self.at;
        self.skip(|byte| byte.is_ascii_whitespace());
        if self.tag.get(self.at) != Some(&b'=') {
            return Some((name, end));
        }
        self.at += 1;
        self.skip(|byte| byte.is_ascii_whitespace());
        match self.tag.get(self.at) {
            Some(&quote @ (b'"' | b'\'')) => {
                let value = &self.tag[self.at + 1..];
                self.at += 1 + memchr(quote, value).map_or(value.len(), |length| length + 1);
            }
            _ => self.skip(|byte| !byte.is_ascii_whitespace() && byte != b'>'),
        }
        Some((name, self.at))
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.tag.get(self.at).is_some_and(|&byte| skipped(byte)) {
            self.at += 1;
        }
    }
}
