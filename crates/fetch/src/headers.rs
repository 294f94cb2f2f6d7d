//! Header fields: those that are sent, and what the received ones say.
//!
//! PURE: the time is an argument, and the response's own `Date` takes precedence over it, so a wrong clock on either
//! side does no harm.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{RequestKind, Validators};

/// The longest validator that is stored.
const LONGEST_VALIDATOR: usize = 1024;
/// Longer times than this are cut to it. RFC 9111 section 1.2.1 asks for 2^31 s at least; more than a year is of no use
/// here.
const LONGEST: u64 = 366 * 24 * 3600;
/// The name of copydesk in `X-Robots-Tag` and robots.txt.
pub(super) const PRODUCT: &str = "copydesk";

/// What is sent with every request: accepted types and encodings.
pub(super) fn offered(kind: Option<RequestKind>) -> HeaderMap {
    let accept = match kind {
        Some(RequestKind::Feed) => {
            "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
             application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
        }
        Some(RequestKind::Page) => "text/html, application/xhtml+xml, */*;q=0.5",
        None => "text/plain, */*;q=0.5",
    };
    HeaderMap::from_iter([
        (header::ACCEPT, HeaderValue::from_static(accept)),
        (header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br, zstd")),
    ])
}

/// Adds the validators to a request's headers, byte for byte. Returns whether there were any.
pub(super) fn make_conditional(headers: &mut HeaderMap, validators: &Validators) -> bool {
    let pairs = [(header::IF_NONE_MATCH, &validators.etag), (header::IF_MODIFIED_SINCE, &validators.last_modified)];
    let mut any = false;
    for (name, value) in pairs {
        if let Some(value) = value.as_deref().and_then(to_bytes) {
            headers.insert(name, value);
            any = true;
        }
    }
    any
}

/// The validators of a response. Bytes above 0x7f are kept as the characters of the same number, and are sent back as
/// they came.
pub fn validators(answer: &HeaderMap) -> Validators {
    let get = |name: HeaderName| {
        let value = answer.get(name)?.as_bytes();
        (1..=LONGEST_VALIDATOR).contains(&value.len()).then(|| value.iter().map(|byte| char::from(*byte)).collect())
    };
    Validators { etag: get(header::ETAG), last_modified: get(header::LAST_MODIFIED), url: None }
}

fn to_bytes(value: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(c).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
pub fn retry_after(answer: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = text(answer, &header::RETRY_AFTER)?;
    match seconds(value) {
        Some(seconds) => Some(seconds),
        None => Some(until(httpdate::parse_http_date(value).ok()?, answer, now)),
    }
}

/// A value that contains a URL. Bytes that are not UTF-8 are requested as they came.
pub(super) fn of_url(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let escape = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
            Cow::Owned(value.as_bytes().iter().copied().map(escape).collect())
        }
    }
}

/// The lines of `Link` (RFC 8288 section 3). Their reader decides what they mean.
pub fn links(answer: &HeaderMap) -> Vec<String> {
    answer.get_all(header::LINK).iter().map(|line| of_url(line).into_owned()).collect()
}

/// When a host that cannot respond wants to be requested again: `Retry-After`, else as long as its response stays
/// fresh, which is all that some hosts say.
pub fn come_again(answer: &HeaderMap, now: SystemTime) -> Option<Duration> {
    retry_after(answer, now).or_else(|| fresh_for(answer, now)).filter(|wait| !wait.is_zero())
}

/// How long a response stays fresh for a private cache (RFC 9111 section 4.2.1): `max-age`, else `Expires` minus
/// `Date`, minus `Age`. `None` if it does not say, or says to ask each time.
pub fn fresh_for(answer: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let mut max_age = None;
    for value in answer.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok()) {
        for directive in list(value) {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" if argument.is_empty() => return None,
                "max-age" if max_age.is_none() => max_age = Some(seconds(argument.trim().trim_matches('"'))),
                _ => {}
            }
        }
    }
    let lifetime = match max_age {
        // one that cannot be read is stale (section 4.2.1)
        Some(max_age) => max_age.unwrap_or_default(),
        None => match text(answer, &header::EXPIRES).map(httpdate::parse_http_date)? {
            Ok(expires) => until(expires, answer, now),
            Err(_) => Duration::ZERO,
        },
    };
    let age = text(answer, &header::AGE).and_then(seconds).unwrap_or_default();
    Some(lifetime.saturating_sub(age))
}

/// What the publisher forbids: `X-Robots-Tag` directives for everyone or for us, and a TDM reservation (W3C TDM
/// Reservation Protocol), in lower case.
pub fn restrictions(answer: &HeaderMap) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |directive: String| {
        // a limit on how much a page can make us store
        if found.len() < 32 && directive.len() <= 200 && !directive.is_empty() && !found.contains(&directive) {
            found.push(directive);
        }
    };
    for value in answer.get_all("x-robots-tag").iter().filter_map(|value| value.to_str().ok()) {
        robots_directives(value).into_iter().for_each(&mut add);
    }
    if text(answer, &HeaderName::from_static("tdm-reservation")) == Some("1") {
        add("tdm-reservation".to_owned());
        if let Some(policy) = text(answer, &HeaderName::from_static("tdm-policy")) {
            add(format!("tdm-policy: {policy}"));
        }
    }
    found
}

/// The directives of one `X-Robots-Tag` line that apply to us. `name: directive, directive` applies to the robot of
/// that name.
fn robots_directives(value: &str) -> Vec<String> {
    let mut binds = true;
    let mut found = Vec::new();
    for part in list(&value.to_ascii_lowercase()) {
        let directive = match part.split_once(':') {
            Some((name, rest)) if !takes_a_value(name.trim()) => {
                binds = matches!(name.trim(), PRODUCT | "*");
                rest.trim()
            }
            _ => part,
        };
        if binds {
            found.push(directive.to_owned());
        }
    }
    found
}

fn takes_a_value(name: &str) -> bool {
    matches!(name, "unavailable_after" | "max-snippet" | "max-image-preview" | "max-video-preview")
}

/// The parts of a comma-separated list, quoted strings whole (RFC 9110 section 5.6.1).
fn list(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value
        .split(move |c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// The time from the response's `Date`, or else from now, to a date.
fn until(date: SystemTime, answer: &HeaderMap, now: SystemTime) -> Duration {
    let from = text(answer, &header::DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    date.duration_since(from).unwrap_or_default().min(Duration::from_secs(LONGEST))
}

/// Delta seconds (RFC 9111 section 1.2.1): only digits; a too large number is the largest there is.
fn seconds(value: &str) -> Option<Duration> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(value.parse().unwrap_or(LONGEST).min(LONGEST)))
}

fn text<'a>(answer: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    answer.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests;
