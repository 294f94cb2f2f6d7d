//! JSON Feed 1.0 and 1.1 (jsonfeed.org), read from any JSON that has its shape.

use serde_json::{Map, Value};
use url::Url;

use super::Format;
use super::atom::Link;
use super::document::{Document, enclosure, moment};
use super::markup::{self, Style};

type Object = Map<String, Value>;

/// Reads a JSON Feed; `None` if the text is none.
pub(super) fn read(text: &str, url: &Url, mut document: Document) -> Option<Document> {
    // what stands before the first brace is a guard against inclusion as a script, or junk
    let start = text.find('{')?;
    let Value::Object(feed) = serde_json::Deserializer::from_str(&text[start..]).into_iter().next()?.ok()? else {
        return None;
    };
    let items = feed.get("items").and_then(Value::as_array);
    if items.is_none() && !string(&feed, "version").is_some_and(|version| version.contains("jsonfeed")) {
        return None;
    }
    document.format = Format::Json;
    document.title = string(&feed, "title").and_then(|title| markup::title(title.to_owned(), Style::Text));
    document.language = string(&feed, "language").map(str::to_owned);
    if let Some(href) = string(&feed, "home_page_url").and_then(|href| url.join(href).ok()) {
        document.head.link(Link { rel: "alternate", href: href.as_str(), ..Link::default() });
    }
    for (name, email) in people(&feed) {
        document.head.person(name, email);
    }
    for hub in list(&feed, "hubs").filter_map(|hub| string(hub, "url")).filter_map(|href| url.join(href).ok()) {
        document.hub(hub);
    }
    for item in items.into_iter().flatten().filter_map(Value::as_object) {
        if document.is_full() {
            document.problems.note("too-many-entries", || "the rest is left out".to_owned());
            break;
        }
        entry(item, url, &mut document);
    }
    Some(document)
}

fn entry(item: &Object, base: &Url, document: &mut Document) {
    document.begin_entry();
    let address = |name: &str| string(item, name).and_then(|href| base.join(href.trim()).ok());
    let published = string(item, "date_published").and_then(|text| moment(text, &mut document.problems));
    let updated = string(item, "date_modified").and_then(|text| moment(text, &mut document.problems));
    if let Some(url) = address("url").or_else(|| address("external_url")) {
        document.body.link(Link { rel: "alternate", href: url.as_str(), ..Link::default() });
    }
    for (name, email) in people(item) {
        document.body.person(name, email);
    }
    for tag in item.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        document.body.category(tag);
    }
    for file in list(item, "attachments") {
        let Some(url) = string(file, "url").and_then(|href| base.join(href.trim()).ok()) else { continue };
        let length = file.get("size_in_bytes").map(Value::to_string);
        document.body.link(enclosure(url.as_str(), string(file, "mime_type"), length.as_deref()));
    }
    let Some(draft) = &mut document.entry else { return };
    // 1.0 allows numbers, "coerced to strings"
    draft.guid = item.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    draft.permalink = true;
    draft.title(string(item, "title").unwrap_or_default().to_owned(), Style::Text, true);
    draft.summary(string(item, "summary").unwrap_or_default(), Style::Text);
    match string(item, "content_html") {
        Some(html) => draft.content(html, Style::Html),
        None => draft.content(string(item, "content_text").unwrap_or_default(), Style::Text),
    }
    (draft.published, draft.updated) = (published, updated);
    draft.image = address("image").or_else(|| address("banner_image"));
    draft.language = string(item, "language").map(str::to_owned);
    document.end_entry();
}

/// `author` of 1.0 and `authors` of 1.1.
fn people(object: &Object) -> impl Iterator<Item = (Option<&str>, Option<&str>)> {
    let single = object.get("author").and_then(Value::as_object);
    let people = list(object, "authors");
    people.chain(single.filter(|_| !object.contains_key("authors"))).map(|person| {
        let email = string(person, "url").and_then(|url| url.strip_prefix("mailto:"));
        (string(person, "name"), email)
    })
}

fn string<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

fn list<'a>(object: &'a Object, name: &str) -> impl Iterator<Item = &'a Object> {
    object.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
