//! Reads what a source file names: the paths of its `use` trees, and those written out in its code.
//!
//! Works on the tokens of the real Rust lexer, so that strings and comments cannot fool it and code inside macro calls
//! is seen too. Code under `#[cfg(test)]` is left out: tests may touch what they like.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path that code names, resolved: `crate::…`, or beginning with the name of a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Joined by `::`.
    pub(crate) path: String,
    /// The line it begins on.
    pub(crate) line: usize,
}

/// Every path that the source of a module names.
///
/// A name that a `use` brought in is followed to where it came from: after `use tokio::time`, `time::sleep` is
/// `tokio::time::sleep`.
pub(crate) fn named(source: &str, module: &[&str]) -> Vec<Named> {
    let tokens: TokenStream = source.parse().expect("the compiler has read this file");
    let mut reader = Reader::default();
    reader.read(tokens, &module.iter().map(ToString::to_string).collect::<Vec<_>>());
    reader.resolved()
}

/// Whether the tokens of a source hold an attribute of this name.
pub(crate) fn has_attribute(source: &str, name: &str) -> bool {
    let tokens: TokenStream = source.parse().expect("the compiler has read this file");
    attribute_within(tokens, name)
}

fn attribute_within(tokens: TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let attributes = tokens.windows(2).filter(|pair| is_punct(Some(&pair[0]), '#'));
    let here = attributes
        .filter_map(|pair| group(Some(&pair[1])))
        .any(|group| matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(first)) if first == name));
    here || tokens.iter().filter_map(|token| group(Some(token))).any(|group| attribute_within(group.stream(), name))
}

#[derive(Default)]
struct Reader {
    uses: Vec<Found>,
    inline: Vec<Found>,
    /// What each imported name means.
    names: HashMap<String, Vec<String>>,
}

struct Found {
    segments: Vec<String>,
    line: usize,
}

impl Reader {
    fn read(&mut self, tokens: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = self.item(&tokens, at, module);
        }
    }

    /// Reads what begins at a token; tells where the next thing begins.
    fn item(&mut self, tokens: &[TokenTree], at: usize, module: &[String]) -> usize {
        match &tokens[at] {
            TokenTree::Punct(punct) if punct.as_char() == '#' && is_test_only(tokens.get(at + 1)) => {
                end_of_item(tokens, at + 2)
            }
            TokenTree::Ident(word) if word == "mod" => match (tokens.get(at + 1), group(tokens.get(at + 2))) {
                (Some(TokenTree::Ident(name)), Some(body)) => {
                    self.read(body.stream(), &[module, &[name.to_string()]].concat());
                    at + 3
                }
                _ => at + 1,
            },
            TokenTree::Ident(word) if word == "use" => self.tree(tokens, at + 1, &[], module),
            TokenTree::Ident(_) => self.path(tokens, at, module),
            TokenTree::Group(group) => {
                self.read(group.stream(), module);
                at + 1
            }
            _ => at + 1,
        }
    }

    /// One branch of a `use` tree, which begins at `at` behind `prefix`.
    fn tree(&mut self, tokens: &[TokenTree], mut at: usize, prefix: &[String], module: &[String]) -> usize {
        let mut segments = prefix.to_vec();
        let line = tokens.get(at).map_or(0, line_of);
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    self.bring_in(tokens.get(at + 1).map(ToString::to_string), &segments, line, module);
                    return at + 2;
                }
                TokenTree::Ident(word) => segments.push(word.to_string()),
                TokenTree::Group(group) => {
                    let branches: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in branches.split(|token| is_punct(Some(token), ',')).filter(|branch| !branch.is_empty())
                    {
                        self.tree(branch, 0, &segments, module);
                    }
                    return at + 1;
                }
                TokenTree::Punct(punct) if matches!(punct.as_char(), ':' | '*') => {}
                _ => break,
            }
            at += 1;
        }
        if segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        self.bring_in(segments.last().cloned(), &segments, line, module);
        at
    }

    fn bring_in(&mut self, name: Option<String>, segments: &[String], line: usize, module: &[String]) {
        let segments = absolute(segments, module);
        if let Some(name) = name {
            self.names.insert(name, segments.clone());
        }
        self.uses.push(Found { segments, line });
    }

    /// A path written out: names with `::` between them.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize, module: &[String]) -> usize {
        let line = line_of(&tokens[at]);
        let mut segments = vec![tokens[at].to_string()];
        at += 1;
        while is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':') {
            let Some(TokenTree::Ident(next)) = tokens.get(at + 2) else { break };
            segments.push(next.to_string());
            at += 3;
        }
        if segments.len() > 1 {
            self.inline.push(Found { segments: absolute(&segments, module), line });
        }
        at
    }

    fn resolved(self) -> Vec<Named> {
        let Self { uses, inline, names } = self;
        let follow = |found: Found| match names.get(&found.segments[0]) {
            Some(origin) => Found { segments: [origin, &found.segments[1..]].concat(), ..found },
            None => found,
        };
        let all = uses.into_iter().chain(inline.into_iter().map(follow));
        let mut all: Vec<Named> =
            all.map(|found| Named { path: found.segments.join("::"), line: found.line }).collect();
        all.sort_by_key(|named| named.line);
        all
    }
}

/// `self` and `super` resolved against the module they stand in.
fn absolute(segments: &[String], module: &[String]) -> Vec<String> {
    let ups = segments.iter().take_while(|segment| *segment == "super").count();
    let (base, rest) = match segments.first().map(String::as_str) {
        Some("super") => (&module[..module.len().saturating_sub(ups)], &segments[ups..]),
        // `Self::` and `self.` are values' business
        Some("self") => (module, &segments[1..]),
        Some("copydesk") => (&module[..0], &segments[1..]),
        _ => return segments.to_vec(),
    };
    [&["crate".to_owned()], base, rest].concat()
}

/// Where the item ends that begins at `at`: behind its body, or its semicolon.
fn end_of_item(tokens: &[TokenTree], at: usize) -> usize {
    let is_end = |token: &TokenTree| {
        is_punct(Some(token), ';') || group(Some(token)).is_some_and(|group| group.delimiter() == Delimiter::Brace)
    };
    tokens.iter().skip(at).position(is_end).map_or(tokens.len(), |offset| at + offset + 1)
}

fn is_test_only(attribute: Option<&TokenTree>) -> bool {
    group(attribute).is_some_and(|group| group.stream().to_string().replace(' ', "") == "cfg(test)")
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn group(token: Option<&TokenTree>) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) => Some(group),
        _ => None,
    }
}

fn line_of(token: &TokenTree) -> usize {
    token.span().start().line
}
