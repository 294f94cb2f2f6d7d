//! What a URL says about its owner and the article it names.
//!
//! PURE. Three units are defined here: the *host* (scheme, host and port: the unit of politeness), the *site* (the
//! registrable domain: the unit of ownership and of learned boilerplate), and the *canonical link* (one form for the
//! many addresses of an article: the unit of identity).

use url::{Host, Url};

mod shown;

pub use shown::{shown, shown_text};

/// Prefixes of parameters that widely used services document as saying where a visitor came from: they never name a
/// page.
const CERTAIN_PREFIXES: &[&str] =
    &["utm_", "mc_", "pk_", "piwik_", "mtm_", "matomo_", "hsa_", "_hs", "__hs", "__twitter_", "vero_", "oly_"];
/// Such parameters, in lower case.
const CERTAIN: &[&str] = &[
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "wbraid",
    "gbraid",
    "msclkid",
    "yclid",
    "ymclid",
    "twclid",
    "ttclid",
    "igshid",
    "igsh",
    "li_fat_id",
    "mkt_tok",
    "rb_clickid",
    "s_kwcid",
    "ref_src",
    "ref_url",
    "_ga",
    "_gl",
    "gaa_at",
];
/// Prefixes of parameters that usually say where a visitor came from.
const TRACKING_PREFIXES: &[&str] = &["at_", "ns_", "ga_", "fb_", "wt_", "trk_", "itm_", "stm_", "sc_c", "sc_e", "sc_i"];
/// Such parameters, in lower case.
const TRACKING: &[&str] = &[
    "s_cid",
    "cmpid",
    "cmp",
    "cmp_id",
    "icid",
    "ocid",
    "ncid",
    "xtor",
    "ito",
    "smid",
    "smtyp",
    "spref",
    "feedtype",
    "feedname",
    "traffic_source",
    "srnd",
    "amp",
    "outputtype",
    "wpisrc",
    "mbid",
    "ftcamp",
    "sref",
    "share_id",
];
/// Parameters that name an article on some sites; only together with one of [`CHANNELS`] they are about the way to it.
const MAYBE_TRACKING: &[&str] = &[
    "ref", "source", "src", "from", "via", "partner", "rss", "feed", "cid", "campaign", "medium", "referrer",
    "platform",
];
const CHANNELS: &[&str] =
    &["rss", "feed", "atom", "twitter", "facebook", "email", "newsletter", "social", "homepage", "amp", "1", ""];
/// Labels in front of a host under which the same pages are served.
const PRESENTATION_HOSTS: &[&str] = &["www.", "www2.", "m.", "mobile.", "amp."];

/// The site a URL belongs to: its registrable domain by the Public Suffix List, in lower case.
///
/// A URL whose host is an address, or has no registrable domain (`localhost`), is its own site: the host itself.
pub fn site(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            match psl::domain_str(&name) {
                Some(domain) => domain.to_owned(),
                None => name,
            }
        }
        Some(host) => host.to_string(),
        None => String::new(),
    }
}

/// The host a URL belongs to, as `scheme://host:port` with the port always written.
pub fn host(url: &Url) -> String {
    format!("{}://{}:{}", url.scheme(), url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0))
}

/// One form for the many addresses of an article: differences between copies of the same link are removed.
///
/// For comparison, not for fetching. Removed are the scheme, presentation hosts (`www.`, `m.`, `amp.`), default ports,
/// user names, AMP forms, tracking parameters, the fragment (except `#!`, which names a page) and the slash at the end.
/// The order of the other parameters is kept, because it may mean something to a site. Identities are stored in this
/// form, so a change to it would make old articles new again.
pub fn canonical(url: &Url) -> Url {
    let mut url = behind_amp_cache(url).unwrap_or_else(|| url.clone());
    if matches!(url.scheme(), "http" | "https") {
        // setters fail only on URLs that cannot have the part, and these are then right as they are
        let _ = url.set_scheme("https");
        if matches!(url.port(), Some(80 | 443)) {
            let _ = url.set_port(None);
        }
        let _ = url.set_username("");
        let _ = url.set_password(None);
        fold_host(&mut url);
        fold_path(&mut url);
    }
    fold_query(&mut url);
    if !url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        url.set_fragment(None);
    }
    url
}

/// The same, but only with changes that certainly lead to the same page: the fragment stays, and so do parameters that
/// name an article on some sites. Two links with one canonical form and two exact forms are one article only if
/// something else says so.
pub fn exact(url: &Url) -> Url {
    let mut exact = canonical(url);
    exact.set_query(
        url.query().map(|query| kept(query, is_certainly_tracking)).filter(|kept| !kept.is_empty()).as_deref(),
    );
    exact.set_fragment(url.fragment().filter(|fragment| !fragment.is_empty()));
    exact
}

/// The same address without parameters that say where a visitor came from; it can still be fetched.
pub fn without_tracking(mut url: Url) -> Url {
    if url.query().is_some_and(|query| query.split('&').any(is_tracking)) {
        fold_query(&mut url);
    }
    url
}

/// `https://www-example-com.cdn.ampproject.org/c/s/www.example.com/a` and `https://www.google.com/amp/s/…`.
fn behind_amp_cache(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let (_, rest) = if host.ends_with(".cdn.ampproject.org") {
        url.path().get(1..)?.split_once('/')?
    } else if host.starts_with("www.google.") {
        ("", url.path().strip_prefix("/amp/")?)
    } else {
        return None;
    };
    Url::parse(&format!("https://{}", rest.strip_prefix("s/").unwrap_or(rest))).ok()
}

fn fold_host(url: &mut Url) {
    let site = site(url);
    while let Some(Host::Domain(name)) = url.host() {
        let name = name.trim_end_matches('.');
        let shorter = PRESENTATION_HOSTS.iter().find_map(|label| name.strip_prefix(label));
        let Some(shorter) = shorter.filter(|shorter| shorter.ends_with(&site)).map(str::to_owned) else { return };
        if url.set_host(Some(&shorter)).is_err() {
            return;
        }
    }
}

fn fold_path(url: &mut Url) {
    let path = url.path();
    let mut folded = path.trim_end_matches('/');
    for suffix in ["/amp", ".amp", "/amp.html"] {
        folded = folded.strip_suffix(suffix).unwrap_or(folded);
    }
    let folded = match folded.strip_suffix(".amp.html") {
        Some(stem) => format!("{stem}.html"),
        None => folded.to_owned(),
    };
    if folded != path {
        url.set_path(&folded);
    }
}

fn fold_query(url: &mut Url) {
    let Some(query) = url.query() else { return };
    let kept = kept(query, is_tracking);
    url.set_query(Some(kept.as_str()).filter(|kept| !kept.is_empty()));
}

fn kept(query: &str, is_dropped: fn(&str) -> bool) -> String {
    query.split('&').filter(|pair| !pair.is_empty() && !is_dropped(pair)).collect::<Vec<_>>().join("&")
}

/// Parameters that are documented as saying where a visitor came from.
fn is_certainly_tracking(pair: &str) -> bool {
    is_listed(&pair.split('=').next().unwrap_or(pair).to_ascii_lowercase(), CERTAIN, CERTAIN_PREFIXES)
}

fn is_tracking(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    is_certainly_tracking(pair)
        || is_listed(&name, TRACKING, TRACKING_PREFIXES)
        || (MAYBE_TRACKING.contains(&name.as_str()) && CHANNELS.contains(&value.as_str()))
}

fn is_listed(name: &str, names: &[&str], prefixes: &[&str]) -> bool {
    names.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_is_taken_off_and_nothing_else() {
        for (url, expected) in [
            ("http://www.example.com/a/?utm_source=rss&id=7&fbclid=x#top", "http://www.example.com/a/?id=7#top"),
            ("https://m.example.com/a?at_medium=RSS", "https://m.example.com/a"),
            ("https://example.com/a?id=7&&b=", "https://example.com/a?id=7&&b="),
        ] {
            assert_eq!(without_tracking(Url::parse(url).unwrap()).as_str(), expected);
        }
    }

    #[test]
    fn one_article_has_one_canonical_link() {
        for (url, expected) in [
            ("http://www.example.com/a/b/", "https://example.com/a/b"),
            ("https://m.example.com:443/a?utm_source=rss&id=7&fbclid=x", "https://example.com/a?id=7"),
            ("http://example.com:80/a?b=2&a=1#comments", "https://example.com/a?b=2&a=1"),
            ("https://amp.example.co.uk/a/amp/", "https://example.co.uk/a"),
            ("https://example.com/a.amp.html?amp=1", "https://example.com/a.html"),
            ("https://www-example-com.cdn.ampproject.org/c/s/www.example.com/a/amp", "https://example.com/a"),
            ("https://www.google.com/amp/s/www.example.com/a", "https://example.com/a"),
            ("https://example.com/#!/a", "https://example.com/#!/a"),
            ("https://example.com", "https://example.com/"),
            ("https://u:p@example.com./a?ref=rss", "https://example.com./a"),
            ("https://example.com/a?source=abc&ref=12", "https://example.com/a?source=abc&ref=12"),
            ("https://www.gov.uk/a", "https://www.gov.uk/a"),
            ("http://m.de/a", "https://m.de/a"),
            ("http://localhost:8080/a/", "https://localhost:8080/a"),
            ("http://127.0.0.1:81/?id=1&", "https://127.0.0.1:81/?id=1"),
            ("mailto:me@example.com", "mailto:me@example.com"),
        ] {
            let canonical = canonical(&Url::parse(url).unwrap());
            assert_eq!(canonical.as_str(), expected, "{url}");
            assert_eq!(super::canonical(&canonical), canonical, "{url} is not stable");
        }
    }

    #[test]
    fn an_exact_link_keeps_what_may_name_an_article() {
        for (url, expected) in [
            ("http://www.example.com/a/?utm_source=rss&ncid=7#part", "https://example.com/a?ncid=7#part"),
            ("https://m.example.com/a?cmp=rss&fbclid=x", "https://example.com/a?cmp=rss"),
            ("https://example.com/list#", "https://example.com/list"),
            ("https://example.com/a?ref=rss&source=feed", "https://example.com/a?ref=rss&source=feed"),
        ] {
            let exact = exact(&Url::parse(url).unwrap());
            assert_eq!(exact.as_str(), expected, "{url}");
            assert_eq!(super::exact(&exact), exact, "{url} is not stable");
        }
    }

    #[test]
    fn the_site_is_the_registrable_domain() {
        for (url, expected) in [
            ("https://www.example.com/a", "example.com"),
            ("https://feeds.BBC.co.uk/rss", "bbc.co.uk"),
            ("http://someone.github.io/feed.xml", "someone.github.io"),
            ("http://localhost:8080/", "localhost"),
            ("http://127.0.0.2:81/", "127.0.0.2"),
            ("http://[::1]/", "[::1]"),
            ("https://例え.jp/", "xn--r8jz45g.jp"),
        ] {
            assert_eq!(site(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn the_host_always_has_its_port() {
        assert_eq!(host(&Url::parse("https://Example.com/a").unwrap()), "https://example.com:443");
        assert_eq!(host(&Url::parse("http://127.0.0.1:81/").unwrap()), "http://127.0.0.1:81");
    }
}
