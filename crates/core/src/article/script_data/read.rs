//! JSON from a page, as far as it may hold text: numbers and empty values are left out, depth and size are bounded.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Most values of one document, and how deep they may be.
const NODES: usize = 200_000;
const DEPTH: usize = 64;

/// A value that may hold text.
#[derive(Debug, PartialEq)]
pub(super) enum Node<'a> {
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Fields(Vec<(Cow<'a, str>, Self)>),
}

impl Node<'_> {
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// Reads the first value of a text; what follows it is script.
pub(super) fn read(json: &str) -> Option<Node<'_>> {
    let left = Cell::new(NODES);
    let mut reader = serde_json::Deserializer::from_str(json);
    Value { left: &left, depth: DEPTH }.deserialize(&mut reader).ok().flatten()
}

/// Reads a value: nothing where it can hold no text.
#[derive(Clone, Copy)]
struct Value<'b> {
    left: &'b Cell<usize>,
    depth: usize,
}

impl Value<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        let (left, depth) = (self.left.get().checked_sub(1), self.depth.checked_sub(1));
        let (left, depth) = left.zip(depth).ok_or_else(|| E::custom("too large"))?;
        self.left.set(left);
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Option<Node<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Option<Node<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok((!text.is_empty()).then_some(Node::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((!text.is_empty()).then(|| Node::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner()?)? {
            list.extend(item);
        }
        Ok((!list.is_empty()).then_some(Node::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(Key(key)) = entries.next_key()? {
            let value = entries.next_value_seed(self.inner()?)?;
            fields.extend(value.map(|value| (key, value)));
        }
        Ok((!fields.is_empty()).then_some(Node::Fields(fields)))
    }
}

/// A field's name, borrowed where it is written without escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
