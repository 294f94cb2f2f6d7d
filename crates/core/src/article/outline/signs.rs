//! What markup says of the text inside it, as a set.

use std::ops::{BitAnd, BitOr, BitOrAssign};

/// A set of signs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::article) struct Signs(u64);

macro_rules! signs {
    ($($(#[$doc:meta])* $name:ident = $bit:expr;)*) => {
        impl Signs { $($(#[$doc])* pub(in crate::article) const $name: Self = Self(1 << $bit);)* }
    };
}

signs! {
    /// Navigation, menus.
    NAVIGATION = 0;
    /// The page's or a section's footer.
    FOOTER = 1;
    /// The page's or the article's header.
    HEADER = 2;
    /// Next to the story.
    ASIDE = 3;
    /// Links to other stories.
    RELATED = 4;
    /// Share and follow buttons.
    SHARE = 5;
    /// Newsletter and subscription pitches.
    NEWSLETTER = 6;
    /// Other pitches of the site's own.
    PROMO = 7;
    /// Advertisements.
    ADVERT = 8;
    /// Readers' comments.
    COMMENTS = 9;
    /// Who wrote it.
    BYLINE = 10;
    /// About who wrote it.
    BIO = 11;
    /// Tags and topics.
    TAGS = 12;
    /// The way from the home page to here.
    BREADCRUMB = 13;
    /// Copyright and legal notes.
    COPYRIGHT = 14;
    /// Cookie and consent notices.
    CONSENT = 15;
    /// Captions and picture credits.
    CAPTION = 16;
    /// ScheduleState, galleries, players.
    MEDIA = 17;
    /// Dates, reading times.
    DATE = 18;
    /// The wall before the rest of the story.
    PAYWALL = 19;
    /// Not shown to a reader.
    HIDDEN = 20;
    /// Forms.
    FORM = 21;
    /// A list of what is on this page.
    CONTENTS = 22;
    /// A quotation.
    QUOTE = 23;
    /// A quotation from the story's own text, set apart.
    PULL_QUOTE = 24;
    /// The story's own container.
    BODY = 25;
    /// The sentence under the headline.
    DECK = 26;
    /// An embedded post.
    EMBED = 27;
    /// The word or two above the headline.
    KICKER = 28;
    /// Dialogs and overlays.
    OVERLAY = 29;
    /// Headline.
    HEADLINE = 30;
    /// A widget of some kind.
    WIDGET = 31;
    /// A list.
    LIST = 32;
    /// A table.
    TABLE = 33;
    /// A correction or a note by the editors.
    NOTE = 34;
    /// Other languages, print, accessibility.
    TOOLS = 35;
    /// A table or box of facts next to the story.
    INFOBOX = 36;
    /// Kept by a rule of the user's.
    RULED_IN = 37;
    /// Dropped by a rule of the user's.
    RULED_OUT = 38;
    /// The story's own container, as structured data says (`itemprop=articleBody`).
    STATED = 39;
    /// A card of another story: its headline as a link, and its beginning.
    CARD = 40;
    /// A table of data.
    DATA = 41;
}

impl Signs {
    /// Nothing.
    pub(in crate::article) const NONE: Self = Self(0);

    /// Signs that hold however much text is under them.
    pub(in crate::article) const UNDENIABLE: Self = Self::BODY
        .and(Self::QUOTE)
        .and(Self::LIST)
        .and(Self::TABLE)
        .and(Self::DATA)
        .and(Self::COMMENTS)
        .and(Self::CONSENT)
        .and(Self::FOOTER)
        .and(Self::NAVIGATION)
        .and(Self::OVERLAY)
        .and(Self::COPYRIGHT)
        .and(Self::BIO)
        .and(Self::NEWSLETTER)
        .and(Self::CARD)
        .and(Self::RULED);

    /// What rules say.
    pub(in crate::article) const RULED: Self = Self::RULED_IN.and(Self::RULED_OUT);

    /// Signs of what is not part of the story, wherever it is.
    pub(in crate::article) const FOREIGN: Self = Self::NAVIGATION
        .and(Self::FOOTER)
        .and(Self::ASIDE)
        .and(Self::RELATED)
        .and(Self::CARD)
        .and(Self::SHARE)
        .and(Self::NEWSLETTER)
        .and(Self::PROMO)
        .and(Self::ADVERT)
        .and(Self::COMMENTS)
        .and(Self::BIO)
        .and(Self::TAGS)
        .and(Self::BREADCRUMB)
        .and(Self::COPYRIGHT)
        .and(Self::CONSENT)
        .and(Self::HIDDEN)
        .and(Self::CONTENTS)
        .and(Self::OVERLAY);

    /// Both sets together, in constants.
    pub(in crate::article) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the others.
    pub(in crate::article) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// The places of its signs.
    pub(in crate::article) fn bits(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(bit)
        })
    }

    /// The set of the signs at those places.
    pub(in crate::article) fn from_bits(bits: impl Iterator<Item = usize>) -> Self {
        Self(bits.fold(0, |set, bit| set | 1 << bit))
    }

    /// Whether any of the others is in this set.
    pub(in crate::article) const fn any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl BitOr for Signs {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Signs {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Signs {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
