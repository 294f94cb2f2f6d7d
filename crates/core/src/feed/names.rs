//! What elements mean, by namespace and name.
//!
//! Publishers bind prefixes to any address that they remember, or to none: a namespace is recognised by the part of its
//! address that nobody gets wrong, and if the address says nothing, by its usual prefix. RSS and Atom share one
//! vocabulary here, because each occurs inside the other. Names are compared without case.

use super::Format;

/// A namespace, as far as it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    /// None, or that of any RSS, Atom or sitemap.
    Core,
    Content,
    /// Dublin Core, elements or terms.
    Dc,
    /// Slash, Well-Formed Web and Atom Threading: what is said about an entry elsewhere.
    Discussion,
    FeedBurner,
    /// GeoRSS, W3C Basic Geo and GML.
    Geo,
    ITunes,
    Media,
    News,
    Image,
    Rdf,
    Syndication,
    Xhtml,
    Other,
}

use Namespace::{
    Content, Core, Dc, Discussion, FeedBurner, Geo, ITunes, Image, Media, News, Other, Rdf, Syndication, Xhtml,
};

/// Parts of addresses, the more specific first.
const ADDRESSES: &[(&str, Namespace)] = &[
    ("purl.org/rss/1.0/modules/content", Content),
    ("purl.org/rss/1.0/modules/syndication", Syndication),
    ("purl.org/rss/1.0/modules/slash", Discussion),
    ("purl.org/rss/1.0/modules/", Other),
    ("purl.org/rss/1.0/module", Other),
    ("purl.org/dc/", Dc),
    ("purl.org/atom/app", Other),
    ("purl.org/syndication/thread", Discussion),
    ("purl.org/syndication/", Other),
    ("wellformedweb.org/commentapi", Discussion),
    ("georss.org/", Geo),
    ("w3.org/2003/01/geo", Geo),
    ("opengis.net/gml", Geo),
    ("rssnamespace.org/feedburner", FeedBurner),
    ("itunes.com/", ITunes),
    ("itunes.apple.com/", ITunes),
    ("search.yahoo.com/mrss", Media),
    ("google.com/schemas/sitemap-news", News),
    ("google.com/schemas/sitemap-image", Image),
    ("google.com/schemas/sitemap-", Other),
    ("22-rdf-syntax-ns", Rdf),
    ("w3.org/1999/xhtml", Xhtml),
    ("w3.org/tr/rec-html", Xhtml),
    ("w3.org/2005/atom", Core),
    ("purl.org/atom/", Core),
    ("purl.org/rss/", Core),
    ("purl.org/net/rss", Core),
    ("netscape.com/rdf/simple", Core),
    ("backend.userland.com/", Core),
    ("law.harvard.edu/", Core),
    ("sitemaps.org/schemas/", Core),
    ("google.com/schemas/sitemap/", Core),
];

/// The namespace of an address; `prefix` decides if the address is unknown.
pub(super) fn namespace(address: &str, prefix: &str) -> Namespace {
    let address = address.trim().to_ascii_lowercase();
    let known = ADDRESSES.iter().find(|(part, _)| address.contains(part));
    known.map_or_else(|| by_prefix(prefix), |(_, namespace)| *namespace)
}

/// What a prefix usually means.
pub(super) fn by_prefix(prefix: &str) -> Namespace {
    match prefix {
        "" | "atom" | "atom10" | "atom03" | "a10" | "rss" => Core,
        "content" => Content,
        "dc" | "dcterms" => Dc,
        "feedburner" => FeedBurner,
        "slash" | "wfw" | "thr" => Discussion,
        "georss" | "geo" | "gml" => Geo,
        "itunes" => ITunes,
        "media" => Media,
        "news" => News,
        "image" => Image,
        "rdf" => Rdf,
        "sy" | "syn" => Syndication,
        "xhtml" => Xhtml,
        _ => Other,
    }
}

/// What an element is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Root(Format),
    /// A web page starts.
    Page,
    Channel,
    Item,
    /// An entry of a sitemap index.
    Sitemap,
    /// An element with parts of its own.
    Part(Part),
    Field(Field),
    Unknown,
}

/// Elements whose children are about them, not about the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Person,
    Image,
    Source,
    /// Search boxes, editors, generators: parts that are not about the news.
    Ignored,
}

/// Elements with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    /// A title in another vocabulary than the document's own.
    OtherTitle,
    Link,
    OriginalLink,
    Guid,
    Summary,
    /// A description of a file of the entry.
    MediaText,
    Content,
    Published,
    /// A date that does not say of what.
    SomeDate,
    Updated,
    PersonText,
    Name,
    Email,
    Uri,
    Category,
    Keywords,
    Enclosure,
    MediaContent,
    Thumbnail,
    ImageUrl,
    Comments,
    CommentCount,
    CommentsFeed,
    /// Latitude and longitude, in this order.
    Point,
    Latitude,
    Longitude,
    Cloud,
    Language,
    Ttl,
    UpdatePeriod,
    UpdateFrequency,
    SkipHour,
    SkipDay,
}

impl Field {
    /// Whether elements inside are part of the value.
    pub(super) fn has_markup(self) -> bool {
        matches!(self, Self::Title | Self::OtherTitle | Self::Summary | Self::MediaText | Self::Content)
    }
}

/// Classifies an element; `name` without prefix.
pub(super) fn tag(namespace: Namespace, name: &str) -> Tag {
    let mut lower = [0u8; 20];
    let Some(lower) = lower.get_mut(..name.len()) else { return Tag::Unknown };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let Ok(name) = std::str::from_utf8(lower) else { return Tag::Unknown };
    let field = match namespace {
        Core => return core(name),
        Rdf => return if name == "rdf" { Tag::Root(Format::Rdf) } else { Tag::Unknown },
        Xhtml => return xhtml(name),
        Content => (name == "encoded").then_some(Field::Content),
        Dc => dublin_core(name),
        Discussion => discussion(name),
        FeedBurner => (name == "origlink").then_some(Field::OriginalLink),
        Geo => geo(name),
        ITunes => itunes(name),
        Media => media(name),
        News => news(name),
        Image => (name == "loc").then_some(Field::Thumbnail),
        Syndication => match name {
            "updateperiod" => Some(Field::UpdatePeriod),
            "updatefrequency" => Some(Field::UpdateFrequency),
            _ => None,
        },
        Other => None,
    };
    field.map_or(Tag::Unknown, Tag::Field)
}

fn core(name: &str) -> Tag {
    Tag::Field(match name {
        "rss" => return Tag::Root(Format::Rss),
        "rdf" => return Tag::Root(Format::Rdf),
        "feed" => return Tag::Root(Format::Atom),
        "urlset" => return Tag::Root(Format::Sitemap),
        "sitemapindex" => return Tag::Root(Format::SitemapIndex),
        "html" => return Tag::Page,
        "channel" => return Tag::Channel,
        "item" | "entry" => return Tag::Item,
        "sitemap" => return Tag::Sitemap,
        "author" => return Tag::Part(Part::Person),
        "image" => return Tag::Part(Part::Image),
        "source" => return Tag::Part(Part::Source),
        "textinput" | "contributor" | "managingeditor" | "webmaster" | "generator" => return Tag::Part(Part::Ignored),
        "title" => Field::Title,
        "link" | "loc" => Field::Link,
        "guid" | "id" => Field::Guid,
        "description" | "summary" | "abstract" => Field::Summary,
        "content" | "body" | "fullitem" => Field::Content,
        "pubdate" | "published" | "issued" => Field::Published,
        "created" => Field::SomeDate,
        "updated" | "modified" | "lastbuilddate" | "lastmod" => Field::Updated,
        "name" => Field::Name,
        "email" => Field::Email,
        "uri" => Field::Uri,
        "category" => Field::Category,
        "keywords" => Field::Keywords,
        "enclosure" => Field::Enclosure,
        "url" | "logo" => Field::ImageUrl,
        "comments" => Field::Comments,
        "cloud" => Field::Cloud,
        "language" => Field::Language,
        "ttl" => Field::Ttl,
        "hour" => Field::SkipHour,
        "day" => Field::SkipDay,
        _ => return Tag::Unknown,
    })
}

fn xhtml(name: &str) -> Tag {
    match name {
        "html" => Tag::Page,
        "body" => Tag::Field(Field::Content),
        _ => Tag::Unknown,
    }
}

fn dublin_core(name: &str) -> Option<Field> {
    Some(match name {
        "title" => Field::OtherTitle,
        "description" | "abstract" => Field::Summary,
        "creator" | "author" => Field::PersonText,
        "subject" => Field::Category,
        "language" => Field::Language,
        "issued" | "dateissued" => Field::Published,
        "date" | "created" => Field::SomeDate,
        "modified" => Field::Updated,
        _ => return None,
    })
}

fn discussion(name: &str) -> Option<Field> {
    Some(match name {
        "comments" | "total" => Field::CommentCount,
        "commentrss" => Field::CommentsFeed,
        _ => return None,
    })
}

fn geo(name: &str) -> Option<Field> {
    Some(match name {
        "point" | "pos" => Field::Point,
        "lat" => Field::Latitude,
        "long" | "lon" => Field::Longitude,
        _ => return None,
    })
}

fn itunes(name: &str) -> Option<Field> {
    Some(match name {
        "title" => Field::OtherTitle,
        "summary" => Field::Summary,
        "author" => Field::PersonText,
        "category" => Field::Category,
        "keywords" => Field::Keywords,
        "image" => Field::Thumbnail,
        _ => return None,
    })
}

fn media(name: &str) -> Option<Field> {
    Some(match name {
        "title" => Field::OtherTitle,
        "description" => Field::MediaText,
        "content" => Field::MediaContent,
        "thumbnail" => Field::Thumbnail,
        "keywords" => Field::Keywords,
        _ => return None,
    })
}

fn news(name: &str) -> Option<Field> {
    Some(match name {
        "title" => Field::Title,
        "publication_date" => Field::Published,
        "language" => Field::Language,
        "keywords" => Field::Keywords,
        _ => return None,
    })
}
