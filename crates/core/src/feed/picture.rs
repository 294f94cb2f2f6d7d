//! Which of an entry's pictures is its image.
//!
//! PURE. Feeds name one picture in several sizes, the smallest first, and put the author's portrait before all of them.

use url::Url;

use super::Person;
use crate::text::letters;

/// Pictures of an entry that are considered; a gallery's first is its image.
const MOST: usize = 32;
/// A picture with this few pixels is a counter.
const COUNTER: u32 = 2;

/// What a picture is to its entry. The width is the assumed one if none is given: smaller than that of pictures for
/// reading, larger than that of an icon.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// It represents another file.
    Preview = 399,
    /// One of its files.
    File = 400,
    /// It represents the entry itself.
    Own = 401,
}

/// A picture that a feed names.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) url: Url,
    /// Its width, else its height, in pixels.
    pub(super) width: Option<u32>,
    /// Its size in bytes.
    pub(super) length: Option<u64>,
    /// The feed says that it is the preferred one of several.
    pub(super) is_default: bool,
    pub(super) role: Role,
    pub(super) title: Option<String>,
}

impl Picture {
    pub(super) fn new(url: Url, role: Role) -> Self {
        Self { url, width: None, length: None, is_default: false, role, title: None }
    }
}

/// The pictures of an entry, in document order.
#[derive(Debug, Default)]
pub(super) struct Pictures(Vec<Picture>);

impl Pictures {
    pub(super) fn add(&mut self, picture: Picture) {
        if self.0.len() < MOST {
            self.0.push(picture);
        }
    }

    /// Gives the last one its title.
    pub(super) fn entitle(&mut self, title: &str) {
        if let Some(picture) = self.0.last_mut() {
            picture.title = Some(title.to_owned());
        }
    }

    /// The entry's image: the one that the feed prefers, else the largest, in pixels or bytes, else the first; the
    /// portrait of one of its authors only if there is nothing else.
    pub(super) fn image(self, authors: &[Person]) -> Option<Url> {
        let letters = |text: &str| letters(text).collect::<String>();
        let names: Vec<String> = authors.iter().filter_map(|person| person.name.as_deref().map(letters)).collect();
        let rank = |picture: &Picture| {
            let is_portrait = picture.title.as_deref().is_some_and(|title| names.contains(&letters(title)));
            (!is_portrait, picture.is_default, picture.width.unwrap_or(picture.role as u32), picture.length)
        };
        let seen = self.0.into_iter().filter(|picture| picture.width.is_none_or(|width| width > COUNTER));
        // if several are equal, `max_by_key` takes the last
        let found = seen.rev().max_by_key(rank);
        found.map(|picture| picture.url)
    }
}
