//! The visible text of an HTML fragment, without a tree.

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
};

/// Text with a blank line at the edges of each block and a line feed at each `<br>`; entities decoded once.
///
/// A text with neither tags nor entities is not HTML but plain text, and keeps its line breaks.
pub(super) fn visible_text(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let queue = BufferQueue::default();
    queue.push_back(html.into());
    let tokenizer = Tokenizer::new(Visible::default(), Default::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.out.into_inner()
}

#[derive(Default)]
struct Visible {
    out: RefCell<String>,
    hidden: Cell<bool>,
    preformatted: Cell<u32>,
    /// Whether a line break in the source waits for what follows it.
    broken: Cell<bool>,
}

impl TokenSink for Visible {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            CharacterTokens(text) if !self.hidden.get() => self.write(&text),
            TagToken(tag) => return self.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Visible {
    fn write(&self, text: &str) {
        let mut out = self.out.borrow_mut();
        if self.preformatted.get() > 0 {
            out.push_str(text);
        } else {
            // a line break in the source looks like a space to a reader, unless it joins two wide characters
            for (i, part) in text.split(['\n', '\r']).enumerate() {
                if i > 0 {
                    self.broken.set(true);
                }
                if part.is_empty() {
                    continue;
                }
                if self.broken.take() && !joins(&out, part) {
                    out.push(' ');
                }
                out.push_str(part);
            }
        }
    }

    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        let starts = tag.kind == StartTag;
        match name {
            "script" | "style" | "noembed" | "noframes" | "iframe" | "xmp" | "textarea" | "title" => {
                self.hidden.set(starts && !matches!(name, "textarea" | "title"));
                if starts {
                    let kind = if self.hidden.get() { RawKind::Rawtext } else { RawKind::Rcdata };
                    return TokenSinkResult::RawData(kind);
                }
            }
            "br" => self.out.borrow_mut().push('\n'),
            "pre" => {
                let depth = self.preformatted.get();
                self.preformatted.set(if starts { depth + 1 } else { depth.saturating_sub(1) });
                self.out.borrow_mut().push_str("\n\n");
            }
            "td" | "th" => self.out.borrow_mut().push(' '),
            _ if is_block(name) => self.out.borrow_mut().push_str("\n\n"),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn joins(before: &str, after: &str) -> bool {
    before.chars().next_back().is_some_and(super::is_wide) && after.chars().next().is_some_and(super::is_wide)
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "blockquote"
            | "table"
            | "tr"
            | "caption"
            | "figure"
            | "figcaption"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "aside"
            | "nav"
            | "main"
            | "address"
            | "hr"
            | "form"
            | "details"
            | "summary"
            | "center"
            | "body"
    )
}
