//! The reasons in words, for those who ask why.

use super::Reason;

impl Reason {
    /// What the block is, or why it is no part of the story.
    pub(in crate::article) fn words(self) -> &'static str {
        match self {
            Self::Advert => "an advertisement",
            Self::AuthorBio => "about the authors or the publisher",
            Self::Breadcrumb => "the way from the home page to here",
            Self::Byline => "who wrote it",
            Self::Caption => "a caption or a picture credit",
            Self::Comments => "readers' comments",
            Self::Consent => "a cookie or consent notice",
            Self::Contents => "a list of what is on this page",
            Self::Copyright => "a copyright line",
            Self::Correction => "what the publisher has corrected or updated, which is data",
            Self::Credit => "a credit line",
            Self::Date => "a date or reading time",
            Self::Evidence => "unlike the rest of the story, by all that is seen of it",
            Self::Form => "a form",
            Self::HeadingOfNothing => "a heading over nothing that was kept",
            Self::Hidden => "not shown to readers",
            Self::Label => "a text apart from the paragraphs: of a box, a card or a player",
            Self::Navigation => "navigation, a header or a footer",
            Self::Newsletter => "a pitch for a newsletter or a subscription",
            Self::Note => "a note by the editors",
            Self::Paywall => "a pitch before the rest of the story",
            Self::Promotion => "a pitch of the site's own",
            Self::Related => "links to other stories",
            Self::Repeated => "said before on this page",
            Self::Rule => "a rule of the configuration",
            Self::Share => "share and follow buttons",
            Self::SiteRepeats => "stands on other pages of the site too, or where no story of it stands",
            Self::Tags => "tags, topics or labels",
            Self::Title => "the headline, which is data",
            Self::Tools => "tools: print, other languages, accessibility",
        }
    }
}
