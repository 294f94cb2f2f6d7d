//! Where a chain of redirects may lead.
//!
//! PURE. The client follows no redirect by itself: each one passes here, and then the address guard and the governor of
//! its own host.

use copydesk_core::link;
use http::StatusCode;
use url::Url;

use super::{Failure, Reason};

/// A chain of redirects, from the original URL to the one that is requested now.
#[derive(Debug)]
pub(super) struct Chain {
    current: Url,
    visited: Vec<Url>,
    hops: usize,
    may_return: bool,
    max: usize,
    allow_downgrade: bool,
    /// Whether every redirect so far was permanent.
    permanent: bool,
    moved_to: Option<Url>,
}

impl Chain {
    /// A chain that starts at a URL, without its fragment and credentials.
    pub(super) fn new(mut url: Url, max: usize, allow_downgrade: bool) -> Self {
        url.set_fragment(None);
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let (visited, hops, may_return, permanent, moved_to) = (Vec::new(), 0, false, true, None);
        Self { current: url, visited, hops, may_return, max, allow_downgrade, permanent, moved_to }
    }

    /// The URL to request now.
    pub(super) fn current(&self) -> &Url {
        &self.current
    }

    /// Whether a redirect was followed.
    pub(super) fn has_moved(&self) -> bool {
        self.hops > 0
    }

    /// The URL of the response, and where the permanent redirects at the start of the chain led.
    pub(super) fn ends(&self) -> (Url, Option<Url>) {
        (self.current.clone(), self.moved_to.clone())
    }

    /// The next redirect may lead to where the chain has been: the response there will be a different one.
    pub(super) fn allow_return(&mut self) {
        self.visited.clear();
        self.may_return = true;
    }

    /// Follows a redirect (RFC 9110 section 15.4), or returns why not.
    pub(super) fn follow(&mut self, status: StatusCode, location: Option<&str>) -> Result<(), Failure> {
        let refuse =
            |detail: String| Err(Failure { status: Some(status.as_u16()), ..Failure::new(Reason::Redirect, detail) });
        if self.hops >= self.max {
            return refuse(format!("more than {} redirects", self.max));
        }
        let Some(location) = location else { return refuse("a redirect without a location".to_owned()) };
        let Ok(mut next) = self.current.join(location) else {
            let readable = location.split(['?', '#']).next().unwrap_or_default();
            return refuse(format!("a redirect to an invalid URL: {readable}"));
        };
        next.set_fragment(None);
        // the redirecting server does not choose the credentials that are sent
        let _ = next.set_username("");
        let _ = next.set_password(None);
        if self.current.scheme() == "https" && next.scheme() == "http" && !self.allow_downgrade {
            return refuse(format!("a redirect from https to {}", link::shown(&next)));
        }
        let was_here = next == self.current || self.visited.contains(&next);
        if was_here && !std::mem::take(&mut self.may_return) {
            return refuse(format!("a redirect loop at {}", link::shown(&next)));
        }
        self.permanent &= matches!(status.as_u16(), 301 | 308);
        if self.permanent {
            self.moved_to = Some(next.clone());
        }
        self.hops += 1;
        self.visited.push(std::mem::replace(&mut self.current, next));
        Ok(())
    }
}

/// Whether a response redirects. 300, 304, 305 and 306 do not.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "https://example.com/feed?a=1#top";

    /// Follows redirects from [`ASKED`] and checks where the chain ends, or what the refusal says.
    fn check(redirects: &[(u16, &str)], expected: Result<(&str, Option<&str>), &str>) {
        let mut chain = Chain::new(Url::parse(ASKED).unwrap(), 3, false);
        for (status, location) in redirects {
            let location = (!location.is_empty()).then_some(*location);
            if let Err(failure) = chain.follow(StatusCode::from_u16(*status).unwrap(), location) {
                assert_eq!(failure.reason, Reason::Redirect);
                assert!(expected.is_err_and(|words| failure.detail.contains(words)), "{redirects:?}: {failure}");
                return;
            }
        }
        let (url, moved_to) = chain.ends();
        assert_eq!(Ok((url.as_str(), moved_to.as_ref().map(Url::as_str))), expected, "{redirects:?}");
    }

    #[test]
    fn a_chain_ends_where_it_should() {
        check(&[], Ok(("https://example.com/feed?a=1", None)));
        check(&[(302, "/b")], Ok(("https://example.com/b", None)));
        check(&[(301, "/b")], Ok(("https://example.com/b", Some("https://example.com/b"))));
        check(&[(308, "//other.org/b#x")], Ok(("https://other.org/b", Some("https://other.org/b"))));
        check(&[(301, "b"), (308, "c")], Ok(("https://example.com/c", Some("https://example.com/c"))));
        check(&[(301, "b"), (307, "c")], Ok(("https://example.com/c", Some("https://example.com/b"))));
        check(&[(302, "b"), (301, "c")], Ok(("https://example.com/c", None)));
        check(&[(301, "b"), (302, "c"), (301, "d")], Ok(("https://example.com/d", Some("https://example.com/b"))));
        check(&[(302, "https://me:secret@other.org/")], Ok(("https://other.org/", None)));
        check(&[(302, "?b=2")], Ok(("https://example.com/feed?b=2", None)));
    }

    #[test]
    fn a_chain_stops_where_it_should() {
        check(&[(302, "")], Err("without a location"));
        check(&[(302, "https://[::1")], Err("invalid URL"));
        check(&[(302, "http://example.com/")], Err("from https to http"));
        check(&[(302, "#bottom")], Err("loop"));
        check(&[(302, "/b?token=a"), (302, "/b?token=a")], Err("loop at https://example.com/b?token=***"));
        check(&[(302, "/b"), (302, "/feed?a=1")], Err("loop"));
        check(&[(302, "/b"), (302, "/c"), (302, "/b")], Err("loop"));
        check(&[(302, "/b"), (302, "/c"), (302, "/d"), (302, "/e")], Err("more than 3"));
    }

    #[test]
    fn a_chain_returns_where_it_may_and_ends_all_the_same() {
        let mut chain = Chain::new(Url::parse(ASKED).unwrap(), 3, false);
        for _ in 0..3 {
            chain.allow_return();
            assert!(chain.follow(StatusCode::FOUND, Some("/feed?a=1")).is_ok());
        }
        chain.allow_return();
        assert!(
            chain.follow(StatusCode::FOUND, Some("/feed?a=1")).is_err_and(|failure| failure.detail.contains("than 3"))
        );
    }

    #[test]
    fn only_five_statuses_redirect() {
        let redirects: Vec<u16> = (100..600).filter(|code| is_redirect(StatusCode::from_u16(*code).unwrap())).collect();
        assert_eq!(redirects, [301, 302, 303, 307, 308]);
    }

    proptest::proptest! {
        #[test]
        fn no_location_smuggles_a_downgrade_or_credentials(location: String, scheme in "(https?:|//|/|)[/\\\\]{0,2}") {
            let mut chain = Chain::new(Url::parse(ASKED).unwrap(), 3, false);
            if chain.follow(StatusCode::FOUND, Some(&format!("{scheme}{location}"))).is_ok() {
                let url = chain.current();
                proptest::prop_assert_ne!(url.scheme(), "http");
                proptest::prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            }
        }
    }
}
