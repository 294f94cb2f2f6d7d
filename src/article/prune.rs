//! Markup that can hold no story, cut out before the tree builder sees it.
//!
//! On news pages scripts, styles, comments and drawings are most of the bytes: cutting them costs a scan and saves
//! a parse. It is a guard as well: html5ever compares each attribute of a tag with all before it, so a tag of a
//! hundred thousand attributes would take minutes. The scan is linear whatever the input.

use memchr::{memchr, memchr_iter, memchr3, memmem};

/// Most attributes that a tag keeps.
const MAX_ATTRIBUTES: usize = 128;

/// Elements at whose edges white space is nothing. None of them keeps what is inside of it as it was written.
const EDGES: [&str; 26] = [
    "div", "li", "ul", "p", "meta", "link", "script", "section", "article", "header", "footer", "nav", "main", "aside",
    "figure", "form", "ol", "head", "body", "html", "style", "tr", "tbody", "table", "iframe", "noscript",
];

/// Elements that are cut out, or copied, as a whole.
const CLOSED: [&str; 7] = ["script", "style", "noscript", "iframe", "svg", "title", "textarea"];

/// The same markup without the contents of scripts (JSON-LD apart), styles, `<noscript>`, frames, drawings, and
/// without comments; cut after `limit` bytes.
pub(super) fn prune(html: &str, limit: usize) -> String {
    let mut scan =
        Scan { html, out: String::with_capacity(html.len().min(limit) / 2), at: 0, edge: true, lacking: Vec::new() };
    while scan.out.len() < limit && scan.step() {}
    scan.out
}

struct Scan<'a> {
    html: &'a str,
    out: String,
    at: usize,
    /// Whether white space here stands at the edge of a block, where it is nothing.
    edge: bool,
    /// End tags known not to occur from here on, so that no search for one is made twice.
    lacking: Vec<&'static str>,
}

impl Scan<'_> {
    /// Copies up to the next `<` and handles what begins there; false at the end.
    fn step(&mut self) -> bool {
        let rest = &self.html[self.at..];
        let Some(open) = memchr(b'<', rest.as_bytes()) else {
            self.out.push_str(rest);
            return false;
        };
        let (text, tag) = rest.split_at(open);
        self.at += open;
        let name = tag_name(tag);
        let is_edge = EDGES.iter().any(|edge| edge.eq_ignore_ascii_case(name));
        // each such space would be a node of the tree
        let is_nothing = (self.edge || is_edge) && text.bytes().all(|byte| byte.is_ascii_whitespace());
        if !is_nothing && !text.is_empty() {
            self.out.push_str(text);
            self.edge = false;
        }
        if !name.is_empty() {
            self.edge = is_edge;
        }
        if let Some(comment) = tag.strip_prefix("<!--") {
            self.at += 4 + comment_end(comment);
        } else if tag.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic) {
            self.tag(tag, name);
        } else {
            self.copy(tag.find('>').map_or(tag.len(), |end| end + 1));
        }
        true
    }

    fn copy(&mut self, length: usize) {
        self.out.push_str(&self.html[self.at..self.at + length]);
        self.at += length;
    }

    fn tag(&mut self, tag: &str, name: &str) {
        let (kept, end) = tag_end(tag.as_bytes());
        self.out.push_str(&tag[..kept]);
        if kept < end {
            self.out.push('>');
        }
        self.at += end;
        let Some(closing) = CLOSED.iter().find(|closed| closed.eq_ignore_ascii_case(name)) else { return };
        match *closing {
            "script" if is_json_ld(&tag[..kept]) => return self.verbatim("script"),
            "title" | "textarea" => return self.verbatim(closing),
            "svg" if tag[..end].ends_with("/>") => return,
            _ => {}
        }
        match self.end_of(closing) {
            Some(length) if *closing == "noscript" && holds_text(&self.html[self.at..self.at + length]) => {
                // readers without scripts are given the story here: its markup is markup
                self.out.push_str("</noscript>");
            }
            Some(length) => self.at += length,
            // an unclosed drawing is left again at the next HTML tag; the others swallow the rest
            None if *closing == "svg" => {}
            None => self.at = self.html.len(),
        }
    }

    /// Copies an element whose content is no markup.
    fn verbatim(&mut self, name: &'static str) {
        let length = self.end_of(name).unwrap_or(0);
        self.copy(length);
    }

    /// The distance to the end tag of the element that was just opened.
    fn end_of(&mut self, name: &'static str) -> Option<usize> {
        if self.lacking.contains(&name) {
            return None;
        }
        let content = &self.html[self.at..];
        let found = match name {
            "script" => script_end(content),
            _ => end_tags(content, name).next(),
        };
        if found.is_none() {
            self.lacking.push(name);
        }
        found
    }
}

/// The name of the tag that a text begins with.
fn tag_name(tag: &str) -> &str {
    let start = if tag.starts_with("</") { 2 } else { 1 };
    let end = tag.bytes().skip(start).position(|byte| !byte.is_ascii_alphanumeric());
    &tag[start..end.map_or(tag.len(), |end| start + end)]
}

/// Where the end tags `</name` begin.
fn end_tags<'a>(content: &'a str, name: &'static str) -> impl Iterator<Item = usize> + 'a {
    memmem::find_iter(content.as_bytes(), "</").filter(move |at| {
        let rest = &content.as_bytes()[at + 2..];
        rest.len() >= name.len()
            && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            && !rest.get(name.len()).is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// The end of a script: not the one of a script that is written inside a comment ("double escaped", HTML 13.2.5.26).
fn script_end(content: &str) -> Option<usize> {
    let mut ends = end_tags(content, "script");
    let first = ends.next()?;
    let escaped = content[..first].rfind("<!--").is_some_and(|at| {
        let comment = &content[at..first];
        !comment.contains("-->") && memmem::find(comment.as_bytes(), b"<script").is_some()
    });
    if escaped { ends.next().or(Some(first)) } else { Some(first) }
}

/// The length of a comment after its `<!--`, its end included (HTML 13.2.5.43).
fn comment_end(comment: &str) -> usize {
    if let Some(short) = [">", "->"].iter().find(|end| comment.starts_with(**end)) {
        return short.len();
    }
    // dashes before the end belong to the comment: `--->` ends one
    memchr_iter(b'>', comment.as_bytes())
        .find(|&at| ["--", "--!"].iter().any(|end| comment[..at].ends_with(end)))
        .map(|at| at + 1)
        .unwrap_or(comment.len())
}

/// Whether a `<noscript>` holds paragraphs rather than a picture or a notice.
fn holds_text(content: &str) -> bool {
    content.len() > 1000
        && ["<p>", "<p ", "<br"].iter().any(|tag| memmem::find(content.as_bytes(), tag.as_bytes()).is_some())
}

fn is_json_ld(tag: &str) -> bool {
    tag.to_ascii_lowercase().contains("ld+json")
}

/// How much of a tag is kept, and where it ends: quotes and the number of attributes are minded.
fn tag_end(tag: &[u8]) -> (usize, usize) {
    let end = end_of_tag(tag);
    // an attribute takes two bytes at least
    let kept = if end <= MAX_ATTRIBUTES * 2 { end } else { end_of_attributes(&tag[..end]) };
    (kept, end)
}

/// Where a tag ends: at the first `>` outside of a quoted value.
fn end_of_tag(tag: &[u8]) -> usize {
    let mut at = 0;
    while let Some(next) = memchr3(b'>', b'"', b'\'', &tag[at..]) {
        at += next + 1;
        let quote = tag[at - 1];
        if quote == b'>' {
            return at;
        }
        if tag[..at - 1].trim_ascii_end().ends_with(b"=") {
            match memchr(quote, &tag[at..]) {
                Some(length) => at += length + 1,
                None => break,
            }
        }
    }
    tag.len()
}

/// Where the last attribute that is kept ends.
fn end_of_attributes(tag: &[u8]) -> usize {
    let (mut quote, mut value_starts, mut attributes) = (None, false, 0);
    for (at, &byte) in tag.iter().enumerate().skip(1) {
        match (quote, byte) {
            (Some(q), _) if q == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if value_starts => (quote, value_starts) = (Some(byte), false),
            (None, b'=') => value_starts = true,
            (None, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/') => {
                let starts = tag.get(at + 1).is_some_and(|next| !b" \t\n\r\x0c/>=".contains(next));
                attributes += usize::from(starts && !value_starts);
                if attributes > MAX_ATTRIBUTES {
                    return at;
                }
            }
            _ => value_starts = false,
        }
    }
    tag.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_only_what_holds_no_story() {
        let cases = [
            ("a<script>if (a<b) '</p>'</script>b", "a<script></script>b"),
            (
                "<script type='application/ld+json'>{\"a\":\"<!--\"}</script>",
                "<script type='application/ld+json'>{\"a\":\"<!--\"}</script>",
            ),
            ("<SCRIPT><!-- w('<script>x</script>') --></SCRIPT>z", "<SCRIPT></SCRIPT>z"),
            ("a<!-- <p>no --><p>b<!--> c<!-- never closed", "a<p>b c"),
            ("a<!--- zone starts ---><p>b<!-- x > -- > --!>c<!---->d", "a<p>bcd"),
            ("<p title=\"a>b <!--\" class=x>c", "<p title=\"a>b <!--\" class=x>c"),
            ("<svg><title>icon</title></svg>d<svg/>e", "<svg></svg>d<svg/>e"),
            ("<title>How <!-- works</title>f", "<title>How <!-- works</title>f"),
            ("<noscript><img></noscript>g<style>p{}</style>", "<noscript></noscript>g<style></style>"),
            ("1 < 2 & 3</p", "1 < 2 & 3</p"),
            ("<p unclosed='", "<p unclosed='"),
        ];
        for (html, expected) in cases {
            assert_eq!(prune(html, usize::MAX), expected);
        }
    }

    #[test]
    fn attributes_are_counted() {
        let many: String = (0..1000).map(|i| format!(" a{i}='>'")).collect();
        let pruned = prune(&format!("<p{many}>text"), usize::MAX);
        assert_eq!(pruned.matches('=').count(), MAX_ATTRIBUTES);
        assert!(pruned.ends_with("'>'>text"), "{pruned}");
    }

    #[test]
    fn unclosed_elements_are_searched_once() {
        let html = "<svg><svg>".repeat(100_000);
        assert_eq!(prune(&html, usize::MAX), html);
    }
}
