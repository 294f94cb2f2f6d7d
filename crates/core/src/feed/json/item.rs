//! The parts of a JSON Feed, as far as they are used. Every value is optional, and absent if its type says nothing; if
//! its meaning is clear (an author as a string, one tag in place of a list), it is used.

use super::cursor::Cursor;
use crate::feed::person;

/// Most people, tags, files or hubs of one item or feed.
const MAX_LIST: usize = 64;

#[derive(Default)]
pub(super) struct Item {
    pub(super) id: Option<String>,
    pub(super) url: Option<String>,
    pub(super) external_url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) content_html: Option<String>,
    pub(super) content_text: Option<String>,
    pub(super) date_published: Option<String>,
    pub(super) date_modified: Option<String>,
    pub(super) image: Option<String>,
    pub(super) banner_image: Option<String>,
    pub(super) language: Option<String>,
    pub(super) author: Vec<Person>,
    pub(super) authors: Vec<Person>,
    pub(super) tags: Vec<String>,
    pub(super) attachments: Vec<File>,
}

impl Item {
    /// Reads an item; none if it is cut off.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut item = Self::default();
        cursor.members(|cursor, key| item.member(cursor, key)).then_some(item)
    }

    fn member(&mut self, cursor: &mut Cursor<'_>, key: &str) {
        let slot = match key {
            "id" => &mut self.id,
            "url" => &mut self.url,
            "external_url" => &mut self.external_url,
            "title" => &mut self.title,
            "summary" => &mut self.summary,
            "content_html" => &mut self.content_html,
            "content_text" => &mut self.content_text,
            "date_published" => &mut self.date_published,
            "date_modified" => &mut self.date_modified,
            "image" => return self.image = address(cursor).or(self.image.take()),
            "banner_image" => return self.banner_image = address(cursor).or(self.banner_image.take()),
            "language" => &mut self.language,
            "author" => return self.author = people(cursor),
            "authors" => return self.authors = people(cursor),
            "tags" => return self.tags = list(cursor, |cursor| cursor.text()),
            "attachments" => return self.attachments = list(cursor, File::read),
            _ => return cursor.skip(),
        };
        // if a key occurs twice, the last one with a value
        *slot = cursor.text().or(slot.take());
    }

    /// Whether it is an item of a feed, and not of any other list: it has a name, and has a link or a text.
    pub(super) fn is_entry(&self) -> bool {
        let leads = self.url.is_some() || self.external_url.is_some();
        let says = self.content_html.is_some() || self.content_text.is_some();
        (self.id.is_some() || self.url.is_some()) && (leads || says)
    }
}

/// A person, with an address where the feed gives one.
#[derive(Default)]
pub(super) struct Person {
    pub(super) name: Option<String>,
    url: Option<String>,
}

impl Person {
    pub(super) fn email(&self) -> Option<&str> {
        self.url.as_deref().and_then(|url| url.strip_prefix("mailto:"))
    }

    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut found = Self::default();
        if cursor.peek() != Some(b'{') {
            // a number is not a name
            cursor.peek().filter(|next| matches!(next, b'"' | b'\''))?;
            let told = person::read(&cursor.text()?)?;
            return Some(Self { name: told.name, url: told.email.map(|email| format!("mailto:{email}")) });
        }
        cursor.members(|cursor, key| match key {
            "name" => found.name = cursor.text().map(|name| crate::text::line(&name)).or(found.name.take()),
            "url" => found.url = cursor.text().or(found.url.take()),
            _ => cursor.skip(),
        });
        Some(found)
    }
}

/// People, as a list, or as one.
pub(super) fn people(cursor: &mut Cursor<'_>) -> Vec<Person> {
    list(cursor, Person::read)
}

/// A file of an item.
#[derive(Default)]
pub(super) struct File {
    pub(super) url: Option<String>,
    pub(super) mime_type: Option<String>,
    pub(super) size_in_bytes: Option<String>,
}

impl File {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut file = Self::default();
        if cursor.peek() != Some(b'{') {
            return Some(Self { url: Some(cursor.text()?), ..file });
        }
        cursor.members(|cursor, key| match key {
            "url" => file.url = cursor.text(),
            "mime_type" => file.mime_type = cursor.text(),
            "size_in_bytes" => file.size_in_bytes = cursor.text(),
            _ => cursor.skip(),
        });
        Some(file)
    }
}

/// An address, also inside an object.
pub(super) fn address(cursor: &mut Cursor<'_>) -> Option<String> {
    if cursor.peek() != Some(b'{') {
        return cursor.text();
    }
    let mut url = None;
    cursor.members(|cursor, key| match key {
        "url" | "href" | "src" => url = cursor.text().or(url.take()),
        _ => cursor.skip(),
    });
    url
}

/// At most [`MAX_LIST`] values, also a single one without a list; other values are left out.
pub(super) fn list<T>(cursor: &mut Cursor<'_>, read: fn(&mut Cursor<'_>) -> Option<T>) -> Vec<T> {
    let mut found = Vec::new();
    if cursor.peek() != Some(b'[') {
        found.extend(read(cursor));
        return found;
    }
    cursor.elements(|cursor| {
        if found.len() < MAX_LIST {
            found.extend(read(cursor));
        }
    });
    found
}
