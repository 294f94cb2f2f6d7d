//! The parts of a JSON Feed, as far as they are of use. Every value is optional, and absent where it is of another type.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Most people, tags, files or hubs of one item or feed.
const MAX_LIST: usize = 64;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Item {
    pub(super) id: Text,
    pub(super) url: Text,
    pub(super) external_url: Text,
    pub(super) title: Text,
    pub(super) summary: Text,
    pub(super) content_html: Text,
    pub(super) content_text: Text,
    pub(super) date_published: Text,
    pub(super) date_modified: Text,
    pub(super) image: Text,
    pub(super) banner_image: Text,
    pub(super) language: Text,
    pub(super) author: Person,
    pub(super) authors: List<Person>,
    pub(super) tags: List<Text>,
    pub(super) attachments: List<File>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Person {
    pub(super) name: Text,
    pub(super) url: Text,
}

impl Person {
    pub(super) fn name(&self) -> Option<String> {
        self.name.0.as_deref().map(crate::text::line)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) url: Text,
    pub(super) mime_type: Text,
    pub(super) size_in_bytes: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Hub {
    pub(super) url: Text,
}

/// A string, or a number as one (1.0 allows ids to be numbers); nothing else.
#[derive(Default)]
pub(super) struct Text(pub(super) Option<String>);

impl Text {
    pub(super) fn email(&self) -> Option<&str> {
        self.0.as_deref().and_then(|url| url.strip_prefix("mailto:"))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: &RawValue = Deserialize::deserialize(deserializer)?;
        let raw = raw.get();
        Ok(Self(match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).ok(),
            Some(b'-' | b'0'..=b'9') => Some(raw.to_owned()),
            _ => None,
        }))
    }
}

/// At most [`MAX_LIST`] of something, those that are not it left out.
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: &RawValue = Deserialize::deserialize(deserializer)?;
        let list = serde_json::Deserializer::from_str(raw.get()).deserialize_seq(Elements(PhantomData));
        Ok(Self(list.unwrap_or_default()))
    }
}

struct Elements<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(raw) = elements.next_element::<&RawValue>()? {
            if list.len() < MAX_LIST {
                list.extend(from::<T>(raw.get()));
            }
        }
        Ok(list)
    }
}

/// What a piece of JSON is, if it is that.
pub(super) fn from<'a, T: Deserialize<'a>>(raw: &'a str) -> Option<T> {
    serde_json::from_str(raw).ok()
}
