//! The signs that are weighed, and their names.
//!
//! PURE. A sign is a family and one or two values: `kind=item`, `place=3 weight=5`. Values are places in a list of
//! names, or steps of a measure.

use std::fmt;

use crate::article::outline::{Kind, Tag};

/// Longest text whose words are signs, in bytes.
pub(super) const WORDED: usize = 600;

/// What one value of a sign is out of.
#[derive(Debug, Clone, Copy)]
enum Values {
    /// So many steps.
    Steps(u8),
    /// One of these.
    Names(&'static [&'static str]),
}

use Values::{Names, Steps};

const KINDS: Values =
    Names(&["paragraph", "bare", "h1", "h2", "h3", "h4", "h5", "h6", "item", "cell", "pre", "caption"]);
const TAGS: Values = Names(&[
    "article",
    "body",
    "cell",
    "figure",
    "heading",
    "item",
    "list",
    "main",
    "paragraph",
    "row",
    "section",
    "table",
    "other",
]);
const NAMES: Values = Names(&[
    "navigation",
    "footer",
    "header",
    "aside",
    "related",
    "share",
    "newsletter",
    "promo",
    "advert",
    "comments",
    "byline",
    "bio",
    "tags",
    "breadcrumb",
    "copyright",
    "consent",
    "caption",
    "media",
    "date",
    "paywall",
    "hidden",
    "form",
    "contents",
    "quote",
    "pull-quote",
    "body",
    "deck",
    "embed",
    "kicker",
    "overlay",
    "headline",
    "widget",
    "list",
    "table",
    "note",
    "tools",
    "infobox",
    "kept-by-rule",
    "dropped-by-rule",
    "stated",
    "card",
    "data",
]);
const FATES: Values = Names(&["none", "outside", "kept", "caption", "related", "label", "site-repeats", "dropped"]);
const SORTS: Values = Names(&["heading", "item", "cell", "caption", "prose", "sentence", "link", "short"]);
const POSITIONS: Values = Names(&["above", "head", "first", "amid", "last", "after"]);
const FLAGS: Values = Names(&[
    "breaks-off",
    "address",
    "url",
    "colon",
    "asks",
    "bar",
    "capitals",
    "small-first",
    "mark-first",
    "quotes",
    "picture",
    "picture-beside",
    "said-before",
    "apart",
    "between",
    "set-off",
    "heads",
    "in-item",
    "speaks",
    "speech",
    "author",
    "date",
    "label-of-dropped",
    "no-sentence",
    "sentence-amid",
    "site-story",
    "anchored",
    "not-anchored",
]);
const SHARES: Values = Steps(6);
const WEIGHTS: Values = Steps(9);

macro_rules! families {
    ($($(#[$doc:meta])* $name:ident = $($of:literal $values:expr),+;)*) => {
        /// What is looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Family { $($(#[$doc])* $name,)* }

        impl Family {
            const ALL: &[Self] = &[$(Self::$name),*];

            fn parts(self) -> &'static [(&'static str, Values)] {
                match self { $(Self::$name => &[$(($of, $values)),+],)* }
            }
        }
    };
}

families! {
    /// What markup around it is called, believed or not.
    Around = "around" NAMES;
    /// What is believed of that.
    Believed = "believed" NAMES;
    /// What its own element is called.
    Own = "own" NAMES;
    /// What the element around that is called.
    Parent = "parent" NAMES;
    /// What its box is called: the outermost element around it that does not hold most of the story.
    BoxName = "box" NAMES;
    BoxTag = "box-tag" TAGS;
    /// The parts of the box that are links, and prose, by share.
    BoxLinked = "box-linked" SHARES;
    BoxProse = "box-prose" SHARES;
    BoxWeight = "box-weight" Steps(6);
    BoxBlocks = "box-blocks" Steps(6);
    /// How many elements are between it and most of the story.
    Depth = "depth" Steps(9);
    Tag = "tag" TAGS;
    ParentTag = "parent-tag" TAGS;
    Kind = "kind" KINDS;
    KindWeight = "kind" KINDS, "weight" WEIGHTS;
    Stops = "stops" Steps(4);
    Linked = "linked" SHARES;
    Onward = "onward" SHARES;
    Bold = "bold" Steps(4);
    Italic = "italic" Steps(4);
    Digits = "digits" Steps(4);
    Capitalized = "capitalized" Steps(5);
    Words = "words" Steps(7);
    /// The share of the prose at its place, or in the same parent, or in elements that are called the same.
    PlaceKind = "place" SHARES, "kind" KINDS;
    PlaceWeight = "place" SHARES, "weight" WEIGHTS;
    SiblingsKind = "siblings" SHARES, "kind" KINDS;
    SiblingsWeight = "siblings" SHARES, "weight" WEIGHTS;
    Label = "label" SHARES;
    Alike = "alike" Steps(4);
    /// Where in the story it is.
    PositionKind = "position" POSITIONS, "kind" KINDS;
    PositionWeight = "position" POSITIONS, "weight" WEIGHTS;
    Progress = "progress" Steps(6);
    Behind = "behind" Steps(8);
    FromHeadline = "from-headline" Steps(8);
    /// What became of the blocks next to it, and what they are.
    Before = "before" FATES;
    Before2 = "before-2" FATES;
    Next = "next" FATES;
    Next2 = "next-2" FATES;
    BeforeSort = "before-is" SORTS;
    NextSort = "next-is" SORTS;
    /// What they share with it: nothing, the label, the parent, the element.
    BeforeShares = "before-shares" Steps(4);
    NextShares = "next-shares" Steps(4);
    /// The kept parts of the five blocks before and behind it.
    KeptAround = "kept-before" Steps(5), "kept-behind" Steps(5);
    Flag = "is" FLAGS;
}

/// A sign of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Sign {
    of: Family,
    is: [u8; 2],
}

impl Sign {
    pub(super) fn one(of: Family, is: usize) -> Self {
        Self::two(of, is, 0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "no list is longer than 255")]
    pub(super) fn two(of: Family, one: usize, other: usize) -> Self {
        Self { of, is: [one as u8, other as u8] }
    }

    /// A flag by its name.
    pub(super) fn flag(name: &str) -> Self {
        let Names(names) = FLAGS else { return Self::one(Family::Flag, 0) };
        Self::one(Family::Flag, names.iter().position(|flag| *flag == name).unwrap_or(names.len()))
    }

    /// Every sign that there is.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let count = |values: Values| match values {
            Steps(steps) => usize::from(steps),
            Names(names) => names.len(),
        };
        Family::ALL.iter().flat_map(move |&of| {
            let counts = of.parts().iter().map(|(_, values)| count(*values)).collect::<Vec<_>>();
            let others = counts.get(1).copied().unwrap_or(1);
            (0..counts[0]).flat_map(move |one| (0..others).map(move |other| Self::two(of, one, other)))
        })
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, ((of, values), is)) in self.of.parts().iter().zip(self.is).enumerate() {
            f.write_str(if at > 0 { " " } else { "" })?;
            match values {
                Steps(_) => write!(f, "{of}={is}")?,
                Names(names) => write!(f, "{of}={}", names.get(usize::from(is)).unwrap_or(&"?"))?,
            }
        }
        Ok(())
    }
}

/// A kind's place in the list of kinds.
pub(super) fn kind(kind: Kind) -> usize {
    match kind {
        Kind::Paragraph => 0,
        Kind::Bare => 1,
        Kind::Heading(rank) => 1 + usize::from(rank),
        Kind::Item => 8,
        Kind::Cell => 9,
        Kind::Preformatted => 10,
        Kind::Caption => 11,
    }
}

/// A tag's place in the list of tags.
pub(super) fn tag(tag: Tag) -> usize {
    match tag {
        Tag::Article => 0,
        Tag::Body => 1,
        Tag::Cell => 2,
        Tag::Figure => 3,
        Tag::Heading(_) => 4,
        Tag::Item => 5,
        Tag::List => 6,
        Tag::Main => 7,
        Tag::Paragraph => 8,
        Tag::Row => 9,
        Tag::Section => 10,
        Tag::Table => 11,
        Tag::Other => 12,
    }
}
