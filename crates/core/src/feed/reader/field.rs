//! What a field's value becomes when its element is closed.

use url::Url;

use super::super::atom::Link;
use super::super::document::{enclosure, language, moment};
use super::super::draft::Draft;
use super::super::entity;
use super::super::markup;
use super::super::names::{Field, Part, Tag};
use super::super::picture::{Picture, Role};
use super::super::{Person, address, encoding, person, scope};
use super::frame::{OpenField, Place, Values};
use super::{FeedReader, extra};
use crate::text;

impl FeedReader<'_> {
    /// Stores the open field's value; `place` is the place of its element.
    pub(in crate::feed) fn finish_field(&mut self, place: Place) {
        let Some(mut field) = self.field.take() else { return };
        if let Some(repaired) = encoding::repaired(&field.buffer) {
            self.document.problems.note("encoded-twice", || repaired.trim().to_owned());
            field.buffer = repaired;
        }
        if let Some(text) = encoding::without_c1(&field.buffer) {
            field.buffer = text;
        }
        if let Some(text) = entity::without_marks(&field.buffer) {
            self.document.problems.note("encoded-twice", || field.buffer.trim().to_owned());
            field.buffer = text;
        }
        match field.tag {
            Tag::Part(Part::Person) => self.add_person(&field.buffer, place),
            Tag::Part(Part::Source) => self.source(&field, place),
            Tag::Part(Part::Image) => self.image(&field),
            Tag::Field(kind) => match place {
                Place::Entry => self.entry_field(kind, field),
                Place::Feed => self.feed_field(kind, field),
                Place::Sitemap if kind == Field::Link => {
                    if let Some(url) = self.resolve(&field.buffer) {
                        self.document.sitemap(url);
                    }
                }
                Place::Sitemap if kind == Field::Updated => {
                    let updated = moment(&field.buffer, &mut self.document.problems);
                    self.document.sitemap_updated(updated);
                }
                Place::In(Part::Person) => self.person_field(kind, &field.buffer),
                Place::In(Part::Image) if kind == Field::ImageUrl => self.image(&field),
                Place::In(Part::Source) if kind == Field::Title => self.source(&field, Place::Entry),
                Place::In(Part::Source) if kind == Field::PersonText => self.add_person(&field.buffer, place),
                Place::In(Part::Source) if kind == Field::Link => self.source_url(field.values.get("href")),
                _ => {}
            },
            _ => {}
        }
    }

    fn person_field(&mut self, kind: Field, value: &str) {
        let value = Some(text::line(value)).filter(|value| !value.is_empty());
        match kind {
            Field::Name => self.person.name = value,
            Field::Email => self.person.email = value,
            _ => {}
        }
    }

    /// A person given in parts has been read.
    pub(in crate::feed) fn finish_person(&mut self) {
        let found = std::mem::take(&mut self.person);
        self.write_person(&found, self.place());
    }

    fn add_person(&mut self, value: &str, place: Place) {
        if let Some(found) = person::read(value) {
            self.write_person(&found, place);
        }
    }

    fn write_person(&mut self, found: &Person, place: Place) {
        let (name, email) = (found.name.as_deref(), found.email.as_deref());
        match (place, &mut self.document.entry) {
            (Place::Feed, _) => self.document.head.person(name, email),
            (Place::Entry, Some(draft)) => {
                draft.has_author |= name.or(email).is_some();
                self.document.body.person(name, email);
            }
            (Place::In(Part::Source), Some(draft)) => draft.source_author(found),
            _ => {}
        }
    }

    /// An image by address, in text or attribute.
    fn image(&mut self, field: &OpenField<'_>) {
        let values = &field.values;
        let address = ["url", "href", "rdf:resource"].into_iter().find_map(|name| values.get(name));
        if self.document.entry.is_some()
            && let Some(url) = self.resolve(address.unwrap_or(&field.buffer))
        {
            let is_preview = field.tag == Tag::Field(Field::Thumbnail) && !self.stands_on_entry(field.frame);
            self.picture(url, values, if is_preview { Role::Preview } else { Role::Own });
        }
    }

    fn picture(&mut self, url: Url, values: &Values<'_>, role: Role) {
        let pixels = |name| values.get(name).and_then(|told| told.trim().trim_end_matches("px").parse().ok());
        let bytes = values.get("length").or_else(|| values.get("fileSize")).and_then(|told| told.trim().parse().ok());
        let is_default = values.get("isDefault").is_some_and(|told| told.trim().eq_ignore_ascii_case("true"));
        if let Some(draft) = &mut self.document.entry {
            let width = pixels("width").or_else(|| pixels("height"));
            draft.pictures.add(Picture { width, length: bytes, is_default, ..Picture::new(url, role) });
        }
    }

    fn entry_field(&mut self, kind: Field, field: OpenField<'_>) {
        let values = &field.values;
        match kind {
            Field::Link => self.entry_link_field(&field),
            Field::CommentCount | Field::CommentsFeed | Field::Point | Field::Latitude | Field::Longitude => {
                self.extra(kind, &field.buffer);
            }
            Field::Comments | Field::OriginalLink => {
                let url = self.resolve(&field.buffer);
                if let (Some(url), Some(draft)) = (url, &mut self.document.entry) {
                    let slot = if kind == Field::Comments { &mut draft.comments } else { &mut draft.original_link };
                    slot.get_or_insert(url);
                }
            }
            Field::Enclosure | Field::MediaContent => self.file(kind, values),
            Field::Thumbnail | Field::ImageUrl => self.image(&field),
            Field::PersonText => self.add_person(&field.buffer, Place::Entry),
            Field::Category => {
                let told = ["label", "term", "text"].into_iter().find_map(|name| values.get(name));
                let term = if field.buffer.trim().is_empty() { told.unwrap_or_default() } else { &field.buffer };
                self.category(term);
            }
            Field::Keywords => field.buffer.split(',').for_each(|word| self.category(word)),
            Field::Published | Field::Updated | Field::SomeDate => {
                let told = moment(&field.buffer, &mut self.document.problems);
                if let Some(draft) = &mut self.document.entry {
                    let slot = match kind {
                        Field::Published => &mut draft.published,
                        Field::Updated => &mut draft.updated,
                        _ => &mut draft.some_date,
                    };
                    *slot = told.or(*slot);
                }
            }
            _ => {
                if kind == Field::OtherTitle
                    && self.is_inside(field.frame, Field::MediaContent)
                    && let Some(draft) = &mut self.document.entry
                {
                    draft.pictures.entitle(&text::line(&field.buffer));
                }
                let guid_link = if kind == Field::Guid { self.guid_link(&field) } else { None };
                let base = if field.is_bulk() { self.scope.told_base() } else { None };
                if let Some(draft) = &mut self.document.entry {
                    if draft.base.is_none() {
                        draft.base = base.cloned();
                    }
                    draft.guid_link = guid_link.or(draft.guid_link.take());
                    text_field(draft, kind, field);
                }
            }
        }
    }

    fn category(&mut self, term: &str) {
        let term = text::line(term);
        if !term.is_empty() {
            self.document.body.category(&term);
        }
    }

    fn file(&mut self, kind: Field, values: &Values<'_>) {
        let Some(url) = values.get("url").or_else(|| values.get("href")).and_then(|href| self.resolve(href)) else {
            return;
        };
        let (media_type, medium) = (values.get("type"), values.get("medium"));
        let is_image = match (media_type, medium) {
            (Some(media_type), _) if media_type.contains('/') => media_type.starts_with("image/"),
            (_, Some(medium)) => medium == "image",
            _ => has_name_of_picture(&url),
        };
        if is_image {
            self.picture(url.clone(), values, Role::File);
        }
        let length = values.get("length").or_else(|| values.get("fileSize"));
        let link = enclosure(url.as_str(), media_type, length);
        if kind == Field::Enclosure {
            self.document.body.link(link);
        } else {
            self.document.body.media(link);
        }
    }

    fn entry_link_field(&mut self, field: &OpenField<'_>) {
        let values = &field.values;
        let Some(href) = values.get("href").or_else(|| given(&field.buffer)) else { return };
        let Some(url) = self.resolve(href) else { return };
        let rel = values.get("rel").map_or("alternate", relation);
        let told = scope::other_spelling(href, &url);
        let (media_type, length, told) = (values.get("type"), values.get("length"), told.as_deref());
        let link = Link { rel, href: url.as_str(), media_type, length, told };
        self.entry_link(&url, link);
    }

    pub(in crate::feed) fn entry_link(&mut self, url: &Url, link: Link<'_>) {
        let rel = if link.rel.is_empty() { "alternate" } else { link.rel };
        self.document.entry_link(url, Link { rel, ..link });
        if rel == "replies"
            && let Some(draft) = &mut self.document.entry
        {
            let is_page = link.media_type.is_none_or(|t| t.contains("html"));
            let slot = if is_page { &mut draft.comments } else { &mut draft.comments_feed };
            slot.get_or_insert_with(|| url.clone());
        }
    }

    pub(in crate::feed) fn feed_link(&mut self, rel: &str, url: &Url, media_type: Option<&str>) {
        if rel.eq_ignore_ascii_case("hub") {
            self.document.hub(url.clone());
        } else {
            let rel = if rel.is_empty() { "alternate" } else { rel };
            self.document.head.link(Link { rel, href: url.as_str(), media_type, ..Link::default() });
        }
    }

    fn feed_field(&mut self, kind: Field, field: OpenField<'_>) {
        let (values, value) = (&field.values, field.buffer.as_str());
        match kind {
            Field::Link => {
                let href = values.get("href").or_else(|| given(value));
                if let Some(url) = href.and_then(|href| self.resolve(href)) {
                    self.feed_link(values.get("rel").map_or("", relation), &url, values.get("type"));
                }
            }
            Field::PersonText => self.add_person(value, Place::Feed),
            Field::Title | Field::OtherTitle if self.document.title.is_none() => {
                self.document.title = markup::title(field.buffer, field.style);
            }
            Field::Language => self.document.told_language(value, true),
            Field::Guid => self.document.id = address::of_the_web(value),
            Field::Cloud => self.document.cloud = extra::cloud(values),
            _ => crate::feed::pace::told(&mut self.document.pace, kind, value.trim()),
        }
    }
}

/// A relation's short name: the IRI under which it is registered means the same (RFC 4287, section 4.2.7.2).
fn relation(rel: &str) -> &str {
    let rel = rel.trim();
    let name = rel.rsplit('/').next().unwrap_or(rel);
    let is_registered = rel.to_ascii_lowercase().contains("://www.iana.org/assignments/");
    let name = if is_registered { name.rsplit('#').next().unwrap_or(name) } else { rel };
    let known = ["alternate", "enclosure", "related", "replies", "self", "via", "hub"];
    known.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name)
}

/// Whether an address ends like that of a picture.
fn has_name_of_picture(url: &Url) -> bool {
    let endings = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif"];
    let path = url.path().to_ascii_lowercase();
    endings.iter().any(|ending| path.ends_with(ending))
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn text_field(draft: &mut Draft, kind: Field, field: OpenField<'_>) {
    let OpenField { style, buffer, values, .. } = field;
    match kind {
        Field::Title | Field::OtherTitle => draft.title(buffer, style, kind == Field::Title),
        Field::Summary => draft.summary(&buffer, style),
        Field::MediaText => draft.media_text(&buffer, style),
        Field::Content => draft.content(&buffer, style),
        Field::Guid if !buffer.trim().is_empty() => {
            draft.permalink = !values.get("isPermaLink").is_some_and(|v| v.trim().eq_ignore_ascii_case("false"));
            draft.guid = Some(buffer);
        }
        Field::Language => draft.language = language(&buffer).or(draft.language.take()),
        _ => {}
    }
}
