//! Scalars: how a text is read as a value, and the kinds that several settings use.

use std::{borrow::Cow, fmt::Display, ops::RangeInclusive, str::FromStr};

use url::Url;

/// How a scalar is read: its name, and the text → the value.
pub(super) struct Leaf<F> {
    pub(super) expected: Cow<'static, str>,
    read: F,
}

/// Why a text is not a valid value.
#[derive(Debug)]
pub(super) enum Wrong {
    /// It is not what the name says.
    Kind,
    /// It is; but this was expected.
    Expected(String),
    /// The whole message, if the value must not be shown or needs an explanation.
    Refused(String),
}

impl<F> Leaf<F> {
    pub(super) fn new<T>(expected: impl Into<Cow<'static, str>>, read: F) -> Self
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        Self { expected: expected.into(), read }
    }

    /// The value of a text.
    pub(super) fn read<T>(&self, text: &str) -> Result<T, Wrong>
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        (self.read)(text)
    }
}

/// A text that is not empty.
pub(super) fn text(expected: &'static str) -> Leaf<impl Fn(&str) -> Result<String, Wrong>> {
    Leaf::new(expected, |text| if text.trim().is_empty() { Err(Wrong::Kind) } else { Ok(text.to_owned()) })
}

/// A whole number within a range.
pub(super) fn count<T>(range: RangeInclusive<T>) -> Leaf<impl Fn(&str) -> Result<T, Wrong>>
where
    T: FromStr + PartialOrd + Display + 'static,
{
    Leaf::new(format!("a whole number from {} to {}", range.start(), range.end()), move |text| {
        text.trim().parse().ok().filter(|number| range.contains(number)).ok_or(Wrong::Kind)
    })
}

/// A boolean, only as YAML 1.2 writes it: `yes` and `on` mean different things to different readers.
pub(super) fn flag() -> Leaf<impl Fn(&str) -> Result<bool, Wrong>> {
    one_of(&[("true", true), ("false", false)])
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(words: &'static [(&'static str, T)]) -> Leaf<impl Fn(&str) -> Result<T, Wrong>> {
    let mut expected = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    if let Some(last) = expected.rfind(", ") {
        expected.replace_range(last..last + 1, " or");
    }
    Leaf::new(expected, |text| words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or(Wrong::Kind))
}

/// A value, or `off`.
pub(super) fn or_off<T, F>(expected: &'static str, read: F) -> Leaf<impl Fn(&str) -> Result<Option<T>, Wrong>>
where
    F: Fn(&str) -> Result<T, Wrong>,
{
    Leaf::new(expected, move |text| if text == "off" { Ok(None) } else { read(text).map(Some) })
}

/// A web address without credentials: URLs are logged, shown and published.
pub(super) fn web_url() -> Leaf<impl Fn(&str) -> Result<Url, Wrong>> {
    Leaf::new("an http or https URL", |text| {
        let url = Url::parse(text.trim()).map_err(|_| Wrong::Kind)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(Wrong::Kind);
        }
        if !url.username().is_empty() || url.password().is_some() {
            let message =
                "a URL must not contain credentials, because it is shown and published; use `basic_auth` or `headers`";
            return Err(Wrong::Refused(message.to_owned()));
        }
        Ok(url)
    })
}
