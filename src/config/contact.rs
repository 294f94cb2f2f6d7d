//! Whom a publisher can contact.

use super::leaf::{Leaf, Wrong, web_url};

/// The configuration names no contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("publishers must be able to reach you: set `contact` to a mail address or a web page of yours")]
pub struct NoContact;

/// A mail address or a web page, fit for the comment of a User-Agent (RFC 9110 section 5.6.5).
pub(super) fn contact() -> Leaf<impl Fn(&str) -> Result<String, Wrong>> {
    Leaf::new("a mail address or a web page", |text| {
        let text = text.trim();
        let mail = text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.contains(['@', '/', ':'])
        });
        let fit = text.bytes().all(|b| b.is_ascii_graphic() && !b"()\\;\"".contains(&b));
        if fit && (mail || web_url().read(text).is_ok()) { Ok(text.to_owned()) } else { Err(Wrong::Kind) }
    })
}
