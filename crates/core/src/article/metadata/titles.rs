//! Titles as they are compared: by their letters, or by their words.

use crate::text::letters;

/// Titles to compare texts with.
#[derive(Debug, Default)]
pub(in crate::article) struct Titles {
    letters: Vec<String>,
}

impl Titles {
    pub(in crate::article) fn new<'a>(titles: impl IntoIterator<Item = &'a str>) -> Self {
        let mut letters: Vec<String> = titles
            .into_iter()
            .map(|title| letters(title).collect::<String>())
            .filter(|title| !title.is_empty())
            .collect();
        letters.sort_unstable();
        letters.dedup();
        Self { letters }
    }

    /// Another one.
    pub(super) fn add(&mut self, title: &str) {
        self.letters.extend(Some(letters(title).collect::<String>()).filter(|title| !title.is_empty()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Whether a text has a good part of its words, or letters, in common with one of them.
    pub(super) fn are_like(&self, text: &str) -> bool {
        let text: String = letters(text).collect();
        let runs: Vec<&str> = text
            .char_indices()
            .step_by(4)
            .filter_map(|(at, _)| {
                let end = text[at..].char_indices().nth(6).map(|(end, _)| at + end)?;
                Some(&text[at..end])
            })
            .collect();
        let shared = |title: &String| runs.iter().filter(|run| title.contains(**run)).count();
        self.letters.iter().any(|title| {
            shared(title) * 3 >= runs.len() && shared(title) > 0
                || title.contains(&text)
                || text.contains(title.as_str())
        })
    }

    /// Whether a text is one of them except for case, punctuation and spaces.
    pub(in crate::article) fn contain(&self, text: &str) -> bool {
        // most texts are too long or too short, and need no comparing
        let fits = |title: &String| text.len() >= title.len() / 3 && text.len() <= title.len() * 3 + 16;
        self.letters.iter().any(fits) && self.letters.iter().any(|title| title.chars().eq(letters(text)))
    }
}

/// Whether two titles are the same except for case, punctuation and spaces.
pub(in crate::article) fn same(a: &str, b: &str) -> bool {
    Titles::new([a]).contain(b)
}

pub(super) fn units(title: &str) -> Vec<String> {
    let lower = title.to_lowercase();
    if lower.contains(crate::text::is_wide) {
        return lower.chars().filter(|c| c.is_alphanumeric()).map(String::from).collect();
    }
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
