//! Where each field of an article came from.
//!
//! PURE. Pages contradict themselves and lie; the code that weighs a date has to know whether a machine or a URL said
//! it. The names are part of the record's contract.

/// A field of an article that has a source of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The headline.
    Title,
    /// Who wrote it.
    Authors,
    /// First publication.
    Published,
    /// Last change.
    Updated,
    /// The site's section.
    Section,
    /// Tags and keywords.
    Tags,
    /// Lead image.
    Image,
    /// Language.
    Language,
    /// Canonical URL.
    CanonicalUrl,
    /// Whether it is behind a paywall.
    Paywalled,
    /// What page and server ask of those who copy it.
    Restrictions,
    /// The dateline.
    Dateline,
    /// Agencies and contributors.
    Credits,
    /// The copyright line.
    Copyright,
}

impl Field {
    /// The name that the field has in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Authors => "authors",
            Self::Published => "published_at",
            Self::Updated => "updated_at",
            Self::Section => "section",
            Self::Tags => "tags",
            Self::Image => "image",
            Self::Language => "language",
            Self::CanonicalUrl => "canonical_url",
            Self::Paywalled => "paywalled",
            Self::Restrictions => "restrictions",
            Self::Dateline => "dateline",
            Self::Credits => "credits",
            Self::Copyright => "copyright",
        }
    }
}

/// What said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Structured data (JSON-LD).
    JsonLd,
    /// A `<meta>` element: Open Graph, Dublin Core and their like.
    Meta,
    /// An attribute of the markup that names the property (microdata, RDFa).
    Microdata,
    /// A `<link>` element.
    Link,
    /// The `<h1>`.
    Heading,
    /// The `<title>`.
    Title,
    /// The `lang` attribute.
    Lang,
    /// A `<time>` element.
    Time,
    /// An element that is marked as a byline, or what follows `By` and its like.
    Byline,
    /// A link to an author's own page.
    AuthorLink,
    /// Visible text, read as a reader would.
    Text,
    /// The page's URL.
    Url,
    /// A header of the answer.
    Header,
    /// The feed.
    Feed,
}

impl Source {
    /// Every source, in the order of their declaration.
    pub const ALL: [Self; 14] = [
        Self::JsonLd,
        Self::Meta,
        Self::Microdata,
        Self::Link,
        Self::Heading,
        Self::Title,
        Self::Lang,
        Self::Time,
        Self::Byline,
        Self::AuthorLink,
        Self::Text,
        Self::Url,
        Self::Header,
        Self::Feed,
    ];

    /// A stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonLd => "json-ld",
            Self::Meta => "meta",
            Self::Microdata => "microdata",
            Self::Link => "link",
            Self::Heading => "h1",
            Self::Title => "title",
            Self::Lang => "lang",
            Self::Time => "time",
            Self::Byline => "byline",
            Self::AuthorLink => "author-link",
            Self::Text => "text",
            Self::Url => "url",
            Self::Header => "header",
            Self::Feed => "feed",
        }
    }
}

/// The sources of an article's fields: each field that has a value is in it once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(Vec<(Field, Source)>);

impl Sources {
    /// Says where a field came from; what was said of it before no longer holds.
    pub fn note(&mut self, field: Field, source: Source) {
        match self.0.iter_mut().find(|(known, _)| *known == field) {
            Some((_, known)) => *known = source,
            None => self.0.push((field, source)),
        }
    }

    /// Where a field came from.
    pub fn of(&self, field: Field) -> Option<Source> {
        self.0.iter().find(|(known, _)| *known == field).map(|(_, source)| *source)
    }

    /// Every field that has a value, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Source)> + '_ {
        self.0.iter().copied()
    }

    /// Takes over what others say; where both say something, theirs.
    pub(super) fn extend(&mut self, others: &Self) {
        others.iter().for_each(|(field, source)| self.note(field, source));
    }

    /// Takes the value out of what was found with its source, and notes the source.
    pub(super) fn take<T>(&mut self, field: Field, found: Option<(T, Source)>) -> Option<T> {
        let (value, source) = found?;
        self.note(field, source);
        Some(value)
    }
}
