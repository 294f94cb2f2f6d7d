//! Markup that can hold no story, cut out before the tree builder sees it.
//!
//! On news pages scripts, styles, comments and drawings are most of the bytes, and attributes that nobody reads are
//! many of the rest: cutting them costs a scan, and saves a parse and the memory of a tree. It is a guard as well:
//! html5ever compares each attribute of a tag with all before it, so a tag of a hundred thousand attributes would take
//! minutes. The scan is linear whatever the input.

mod start_tag;
mod streamed;

use memchr::{memchr, memchr_iter, memmem};

use start_tag::StartTag;
pub(super) use streamed::join;

/// Most attributes that a tag keeps.
const MAX_ATTRIBUTES: usize = 128;

/// The attributes that `article` reads. (Any other is missing in every tree until it is named here.)
const READ: [&str; 18] = [
    "class",
    "id",
    "href",
    "style",
    "rel",
    "content",
    "name",
    "property",
    "role",
    "itemprop",
    "hidden",
    "aria-expanded",
    "alt",
    "datetime",
    "pubdate",
    "lang",
    "xml:lang",
    "http-equiv",
];

/// Longest `alt` that may be a sign in place of a picture, with its name; in bytes.
const SIGN: usize = 40;

/// Which attributes of a tag are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attributes {
    /// Those that are read here.
    Read,
    /// All: a rule of the user's may ask for any.
    All,
}

/// What is left of a page's markup.
pub(super) struct Pruned {
    pub(super) markup: String,
    /// About how many nodes its tree has.
    pub(super) nodes: usize,
}

/// Elements at whose edges white space is nothing. None of them keeps what is inside of it as it was written.
const EDGES: [&str; 36] = [
    "div", "li", "ul", "p", "meta", "link", "script", "td", "tr", "section", "article", "header", "footer", "nav",
    "main", "aside", "figure", "form", "ol", "head", "body", "html", "style", "tbody", "table", "iframe", "noscript",
    "th", "thead", "tfoot", "h1", "h2", "h3", "h4", "dt", "dd",
];

/// Elements that are cut out, or copied, as a whole.
const CLOSED: [&str; 7] = ["script", "style", "noscript", "iframe", "svg", "title", "textarea"];

/// The same markup without the contents of scripts (JSON-LD apart), styles, `<noscript>`, frames, drawings, and
/// without comments and attributes that are not asked for; cut after `limit` bytes.
pub(super) fn prune(html: &str, limit: usize, attributes: Attributes) -> Pruned {
    let out = String::with_capacity(html.len().min(limit) / 2);
    let mut scan =
        Scan { html, attributes, out, nodes: 0, at: 0, edge: true, shadows: Vec::new(), lacking: Vec::new() };
    while scan.out.len() < limit && scan.step() {}
    Pruned { markup: scan.out, nodes: scan.nodes }
}

struct Scan<'a> {
    html: &'a str,
    attributes: Attributes,
    out: String,
    /// Texts and start tags that were copied.
    nodes: usize,
    at: usize,
    /// Whether white space here is at the edge of a block, where it means nothing.
    edge: bool,
    /// Templates that are open: whether each is a shadow root.
    shadows: Vec<bool>,
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
            self.nodes += 1;
            self.edge = false;
        }
        if !name.is_empty() {
            self.edge = is_edge;
        }
        if let Some(comment) = tag.strip_prefix("<!--") {
            self.at += 4 + comment_end(comment);
            if let Some((place, whole)) = streamed::pending(comment, &self.html[self.at..]) {
                self.out.push_str(&self.html[self.at..self.at + place]);
                self.at += whole;
            }
        } else if tag.starts_with("</") && name.eq_ignore_ascii_case("template") && self.shadows.pop() == Some(true) {
            self.out.push_str("</shadow-root>");
            self.at += tag.find('>').map_or(tag.len(), |end| end + 1);
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
        // the rows of a table are in a body, whether it is written or not
        self.nodes += if name.eq_ignore_ascii_case("table") { 2 } else { 1 };
        if name.eq_ignore_ascii_case("template") && self.template(tag) {
            return;
        }
        let end = self.start_tag(tag);
        self.at += end;
        let Some(closing) = CLOSED.iter().find(|closed| closed.eq_ignore_ascii_case(name)) else { return };
        match *closing {
            "script" if is_json_ld(&tag[..end]) => return self.verbatim("script"),
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

    /// A declarative shadow root is no template but what readers see of its parent: it is copied as an element. Says
    /// whether the tag was one.
    fn template(&mut self, tag: &str) -> bool {
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        let is_shadow = tag[..end].to_ascii_lowercase().contains("shadowroot");
        self.shadows.push(is_shadow);
        if is_shadow {
            self.out.push_str("<shadow-root>");
            self.at += end;
        }
        is_shadow
    }

    /// Copies a start tag with the attributes that are kept, and says where it ends.
    fn start_tag(&mut self, tag: &str) -> usize {
        let mut rest = StartTag::new(tag.as_bytes());
        let (mut copied, mut kept) = (0, 0);
        while let Some((name, end)) = rest.next_attribute() {
            let length = end - name.start;
            let is_read = || {
                let name = &tag.as_bytes()[name.clone()];
                let is_read = READ.iter().any(|read| read.as_bytes().eq_ignore_ascii_case(name));
                // what a picture shows is read only where it is a sign
                is_read && (length <= SIGN || !name.eq_ignore_ascii_case(b"alt"))
            };
            if kept < MAX_ATTRIBUTES && (self.attributes == Attributes::All || is_read()) {
                kept += 1;
            } else {
                self.out.push_str(&tag[copied..name.start]);
                copied = end;
            }
        }
        self.out.push_str(&tag[copied..rest.at()]);
        rest.at()
    }

    /// Copies an element whose content is no markup.
    fn verbatim(&mut self, name: &'static str) {
        let length = self.end_of(name).unwrap_or(0);
        self.nodes += 1;
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
    let script = &content.as_bytes()[..first];
    let escaped = memmem::rfind(script, b"<!--").is_some_and(|at| {
        let comment = &script[at..];
        memmem::find(comment, b"-->").is_none() && memmem::find(comment, b"<script").is_some()
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
            assert_eq!(prune(html, usize::MAX, Attributes::All).markup, expected);
        }
    }

    #[test]
    fn attributes_that_nobody_reads_are_left_out() {
        let cases = [
            ("<p title=\"a>b <!--\" class=x>c", "<p class=x>c"),
            ("<A HREF='/a>b' data-x=1 onclick=f() ID = b />d", "<A HREF='/a>b'  ID = b />d"),
            ("<p hidden data-x>e<p/class=f/>g", "<p hidden >e<p/class=f/>g"),
            ("<p =x=y data-x = 'z' id=h>i", "<p  id=h>i"),
            ("<img src=a><img srcset=\"b 2x, c\" class>j", "<img ><img  class>j"),
            ("<my-box data-x=1 id=k>l", "<my-box id=k>l"),
            ("<p data-x='unclosed", "<p "),
            ("<p id='unclosed", "<p id='unclosed"),
        ];
        for (html, expected) in cases {
            let pruned = prune(html, usize::MAX, Attributes::Read).markup;
            let spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" >", ">");
            assert_eq!(spaces(&pruned), spaces(expected), "{html}");
            assert_eq!(prune(html, usize::MAX, Attributes::All).markup, html);
        }
    }

    #[test]
    fn attributes_are_counted() {
        let many: String = (0..1000).map(|i| format!(" a{i}='>'")).collect();
        let html = format!("<p{many}>text");
        let pruned = prune(&html, usize::MAX, Attributes::All).markup;
        assert_eq!(pruned.matches('=').count(), MAX_ATTRIBUTES);
        assert!(pruned.ends_with(">text"), "{pruned}");
        let pruned = prune(&html.replace(" a", " id='b' a"), usize::MAX, Attributes::Read).markup;
        assert_eq!(pruned.matches('=').count(), MAX_ATTRIBUTES, "the same one over and over");
    }

    #[test]
    fn nodes_are_counted() {
        let html = "<html><head><title>a</title></head> <body><p>b<b>c</b> d</p>\n<!-- e --><script>f</script>";
        // six elements and the script, four texts
        assert_eq!(prune(html, usize::MAX, Attributes::Read).nodes, 11);
    }

    proptest::proptest! {
        #[test]
        fn no_markup_is_too_odd(html in "(<(p|/p|é|script|svg)?|>|[a-z]{1,3}|class|é|[='\"/ -]|<!--){0,24}") {
            let all = prune(&html, usize::MAX, Attributes::All).markup;
            let read = prune(&html, usize::MAX, Attributes::Read).markup;
            proptest::prop_assert!(read.len() <= all.len() && all.len() <= html.len() + "</noscript>".len());
        }
    }

    #[test]
    fn unclosed_elements_are_searched_once() {
        let html = "<svg><svg>".repeat(100_000);
        assert_eq!(prune(&html, usize::MAX, Attributes::Read).markup, html);
    }
}
