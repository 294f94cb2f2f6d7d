//! Headers that the user adds to requests, and which of them are not allowed.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, header};

use super::{
    section::{Decoder, Section},
    yaml::Node,
};

/// Reads headers that are sent to a feed's own origin.
pub(super) fn headers(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
    for (name, at, value) in decoder.free("`headers`", node) {
        let Some(value) = decoder.secret(&format!("header `{name}`"), value) else { continue };
        let Ok(parsed) = HeaderName::try_from(name) else {
            decoder.fault(at, format!("`{name}` is not a name of a header"));
            continue;
        };
        if let Some((_, why)) = OWN_HEADERS.iter().find(|(own, _)| parsed == *own) {
            decoder.fault(at, format!("header `{name}` cannot be set: {why}"));
        } else if headers.iter().any(|(present, _)| *present == parsed) {
            decoder.fault(at, format!("duplicate header `{name}`; the case of header names does not matter"));
        } else if let Some(value) = sensitive(&value) {
            headers.push((parsed, value));
        } else {
            decoder.fault(at, format!("header `{name}`: its value holds a line break or another control character"));
        }
    }
    headers
}

/// HTTP basic authentication (RFC 7617), as a header.
pub(super) fn basic_auth(s: &mut Section<'_, '_, '_>, headers: &mut Vec<(HeaderName, HeaderValue)>) {
    let Some(node) = s.get("basic_auth") else { return };
    let decoder = s.decoder();
    let mut credentials = None;
    decoder.section("`basic_auth`", node, |s| credentials = s.credentials());
    let Some((name, password)) = credentials else { return };
    if name.contains(':') {
        return decoder.fault(node.at, "`basic_auth`: `username` must not hold a colon");
    }
    if headers.iter().any(|(name, _)| *name == header::AUTHORIZATION) {
        return decoder.fault(node.at, "both `basic_auth` and a header `authorization`; use one of them");
    }
    let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")));
    headers.extend(sensitive(&value).map(|value| (header::AUTHORIZATION, value)));
}

/// Headers that belong to the client: they frame the message, or copydesk knows the right value.
const OWN_HEADERS: &[(&str, &str)] = &[
    ("accept-encoding", "the client offers what it can decode"),
    ("connection", "it belongs to the connection"),
    ("content-length", "requests have no body"),
    ("host", "it follows from the URL"),
    ("if-modified-since", "validators are kept by copydesk"),
    ("if-none-match", "validators are kept by copydesk"),
    ("range", "a part of a feed is no feed"),
    ("referer", "none is sent"),
    ("te", "it belongs to the connection"),
    ("transfer-encoding", "requests have no body"),
    ("upgrade", "it belongs to the connection"),
    ("user-agent", "it names copydesk and your `contact`"),
];

/// Marked as sensitive, so that no log shows it.
fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}
