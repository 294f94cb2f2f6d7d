//! What a response's status and content type mean for the caller.
//!
//! PURE: no I/O, no clock.

use http::{HeaderMap, StatusCode, header};

use super::{Failure, Reason, RequestKind, headers};

/// What to do with a response that is not a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Read the body.
    Read,
    /// The caller's copy is still current.
    NotModified,
}

/// Decides about a response by its status and its content type. `conditional`: validators were sent. `types`: those
/// that can hold a page, or a feed in addition to the usual ones.
///
/// `now` is for a `Retry-After` that is a date, if the response itself has no date.
pub fn verdict(
    status: StatusCode,
    answer: &HeaderMap,
    kind: RequestKind,
    types: &[String],
    conditional: bool,
    now: std::time::SystemTime,
) -> Result<Verdict, Failure> {
    let fail = |reason, detail: String| {
        let retry_after = matches!(status.as_u16(), 429 | 503).then(|| headers::come_again(answer, now)).flatten();
        Err(Failure { status: Some(status.as_u16()), retry_after, ..Failure::new(reason, detail) })
    };
    match (reason(status, answer), status.as_u16()) {
        (Some(reason), _) => fail(reason, format!("status {status}")),
        (None, 304) if conditional => Ok(Verdict::NotModified),
        (None, 304) => fail(Reason::Malformed, "status 304 to an unconditional request".to_owned()),
        (None, _) => match unusable_type(answer, kind, types) {
            Some(detail) => fail(Reason::ContentType, detail),
            None => Ok(Verdict::Read),
        },
    }
}

/// Whether a host asks for a pause: 429 (RFC 6585), or 503 with a time to come again.
pub fn is_busy(status: StatusCode, answer: &HeaderMap) -> bool {
    match status.as_u16() {
        429 => true,
        503 => answer.contains_key(header::RETRY_AFTER),
        _ => false,
    }
}

/// The class of failure of a status; `None` for 200, 203 and 304.
fn reason(status: StatusCode, answer: &HeaderMap) -> Option<Reason> {
    Some(match status.as_u16() {
        200 | 203 | 304 => return None,
        // the other 2xx have no representation of what was requested, or a part of it (RFC 9110 section 15.3)
        100..=299 => Reason::Malformed,
        300..=399 => Reason::Redirect,
        404 => Reason::NotFound,
        410 => Reason::Gone,
        401 | 402 | 403 | 451 => Reason::Denied,
        _ if is_busy(status, answer) => Reason::Busy,
        400..=499 => Reason::ClientError,
        _ => Reason::ServerError,
    })
}

/// Returns what is wrong with the content type, if it cannot hold what was requested. A missing type may hold anything.
fn unusable_type(answer: &HeaderMap, kind: RequestKind, types: &[String]) -> Option<String> {
    let value = answer.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (top, sub) = essence.split_once('/')?;
    let usable = types.contains(&essence)
        || match (kind, top) {
            (RequestKind::Page, _) => false,
            // publishers send feeds with nearly any type, so only types that cannot be one are refused
            (RequestKind::Feed, "text") => !matches!(sub, "css" | "javascript" | "calendar"),
            (RequestKind::Feed, "application") => is_data(sub),
            (RequestKind::Feed, "binary" | "gzip" | "multipart") => is_unnamed(sub),
            (RequestKind::Feed, _) => false,
        };
    let wanted = match kind {
        RequestKind::Page => "a page",
        RequestKind::Feed => "a feed",
    };
    (!usable).then(|| format!("{essence} cannot hold {wanted}"))
}

/// Whether an `application/` type may be a feed: XML and JSON of any name, packed, and the types of servers that know
/// none.
fn is_data(sub: &str) -> bool {
    ["xml", "json", "rss", "atom", "rdf"].iter().any(|word| sub.contains(word))
        && !["openxmlformats", "opendocument"].iter().any(|word| sub.contains(word))
        || is_unnamed(sub)
}

/// Types of files that were stored without one, or packed.
fn is_unnamed(sub: &str) -> bool {
    let packed = ["gzip", "gunzip", "gz"].iter().any(|word| sub.contains(word)) && !sub.contains("tar");
    let bare = sub.strip_prefix("x-").unwrap_or(sub);
    packed || matches!(bare, "octet-stream" | "binary" | "force-download" | "download" | "unknown" | "text")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::config;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn types(kind: RequestKind) -> Vec<String> {
        let config::Fetch { page_types, feed_types, .. } = config::Fetch::default();
        if kind == RequestKind::Page { page_types } else { feed_types }
    }

    /// Checks the verdict on a status and header lines, by name: `read`, `not_modified` or the failure's reason.
    fn check(status: u16, lines: &[(&'static str, &str)], kind: RequestKind, expected: &str) {
        let mut answer = HeaderMap::new();
        for (name, value) in lines {
            answer.append(*name, value.parse().unwrap());
        }
        let given = verdict(StatusCode::from_u16(status).unwrap(), &answer, kind, &types(kind), true, NOW);
        let name = match &given {
            Ok(Verdict::Read) => "read",
            Ok(Verdict::NotModified) => "not_modified",
            Err(failure) => failure.reason.as_str(),
        };
        assert_eq!(name, expected, "{status} {lines:?} {kind:?}");
    }

    #[test]
    fn statuses() {
        for (status, expected) in [
            (200, "read"),
            (203, "read"),
            (204, "malformed"),
            (206, "malformed"),
            (300, "redirect"),
            (304, "not_modified"),
            (305, "redirect"),
            (400, "client_error"),
            (401, "denied"),
            (402, "denied"),
            (403, "denied"),
            (404, "not_found"),
            (405, "client_error"),
            (410, "gone"),
            (418, "client_error"),
            (429, "busy"),
            (451, "denied"),
            (500, "server_error"),
            (503, "server_error"),
            (599, "server_error"),
            (999, "server_error"),
        ] {
            check(status, &[], RequestKind::Feed, expected);
        }
        check(503, &[("retry-after", "60")], RequestKind::Feed, "busy");
    }

    #[test]
    fn content_types() {
        use RequestKind::{Feed, Page};
        for (value, kind, usable) in [
            ("text/html", Page, true),
            ("Text/HTML; charset=utf-8", Page, true),
            ("application/xhtml+xml", Page, true),
            ("text/plain", Page, true),
            ("nonsense", Page, true),
            ("application/pdf", Page, false),
            ("image/jpeg", Page, false),
            ("video/mp4", Page, false),
            ("application/json", Page, false),
            ("application/octet-stream", Page, false),
            ("text/calendar", Page, false),
            ("application/rss+xml", Feed, true),
            ("application/atom+xml;type=feed", Feed, true),
            ("application/x-rss+xml", Feed, true),
            ("application/feed+json", Feed, true),
            ("application/json", Feed, true),
            ("application/octet-stream", Feed, true),
            ("application/gzip", Feed, true),
            ("application/x-gzip", Feed, true),
            ("application/x-gunzip", Feed, true),
            ("application/gzip-compressed", Feed, true),
            ("multipart/x-gzip", Feed, true),
            ("gzip", Feed, true),
            ("x-gzip", Feed, true),
            ("binary/octet-stream", Feed, true),
            ("application/x-download", Feed, true),
            ("application/x-gtar", Feed, false),
            ("application/x-zip-compressed", Feed, false),
            ("multipart/form-data", Feed, false),
            ("application/gzip", Page, false),
            ("text/xml", Feed, true),
            ("text/html", Feed, true),
            ("text/plain", Feed, true),
            ("text/rss", Feed, true),
            ("application/pdf", Feed, false),
            ("application/zip", Feed, false),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Feed, false),
            ("image/png", Feed, false),
            ("image/svg+xml", Feed, false),
            ("audio/mpeg", Feed, false),
            ("video/mp4", Feed, false),
            ("font/woff2", Feed, false),
        ] {
            check(200, &[("content-type", value)], kind, if usable { "read" } else { "content_type" });
        }
        check(200, &[], Page, "read");
        check(304, &[("content-type", "application/pdf")], Page, "not_modified");
    }

    #[test]
    fn types_are_a_setting() {
        let answer = HeaderMap::from_iter([(header::CONTENT_TYPE, "Image/SVG+xml; q=1".parse().unwrap())]);
        for kind in [RequestKind::Page, RequestKind::Feed] {
            let judged = |types: &[String]| verdict(StatusCode::OK, &answer, kind, types, false, NOW);
            assert_eq!(judged(&[]).unwrap_err().reason, Reason::ContentType);
            assert_eq!(judged(&["image/svg+xml".to_owned()]), Ok(Verdict::Read));
        }
    }

    #[test]
    fn a_304_to_an_unconditional_request_is_no_answer() {
        let given = verdict(StatusCode::NOT_MODIFIED, &HeaderMap::new(), RequestKind::Feed, &[], false, NOW);
        assert_eq!(given.unwrap_err().reason, Reason::Malformed);
    }

    #[test]
    fn the_time_to_come_again_is_told_for_429_and_503_only() {
        let answer = HeaderMap::from_iter([(header::RETRY_AFTER, "60".parse().unwrap())]);
        for (status, expected) in [(429, Some(60)), (503, Some(60)), (500, None), (404, None)] {
            let status = StatusCode::from_u16(status).unwrap();
            let failure = verdict(status, &answer, RequestKind::Feed, &[], false, NOW).unwrap_err();
            assert_eq!(failure.retry_after, expected.map(Duration::from_secs), "{status}");
            assert_eq!(failure.status, Some(status.as_u16()));
        }
    }
}
