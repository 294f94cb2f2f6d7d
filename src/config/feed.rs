//! The feeds, and what applies to each of them by default.

use std::{net::IpAddr, time::Duration};

use copydesk_fetch::config::{CookieScope, Fetch, Route};
use http::{HeaderName, HeaderValue, header};
use ipnet::IpNet;
use url::{Host, Url};

use super::{
    Config,
    fault::Position,
    headers::{basic_auth, headers},
    leaf::{Leaf, Wrong, flag, one_of, web_url},
    quantity::{duration, shown},
    schedule::LONGEST_INTERVAL,
    section::{Decoder, Section},
    yaml::{Node, Value},
};

/// One feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// As the user wrote it.
    pub url: Url,
    /// A short name for humans.
    pub name: Option<String>,
    /// Copied into every record.
    pub tags: Vec<String>,
    /// Shortest time between two polls, if the user sets one.
    pub interval: Option<Duration>,
    /// Where the full text comes from.
    pub full_text: FullText,
    /// Sent with requests to this feed's own origin only. Values may be secrets and are never shown.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether polls of this feed obey robots.txt too.
    pub obey_robots: bool,
    /// Which cookies are kept and sent back.
    pub cookies: CookieScope,
    /// The proxy for requests to its own origin.
    pub proxy: Route,
}

/// Where an article's text is taken from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FullText {
    /// The page; the feed's text if the page has none.
    #[default]
    Auto,
    /// The page and nothing else.
    Page,
    /// The feed's own content; pages are not fetched.
    Feed,
}

impl Feed {
    /// A feed with nothing but its URL.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            name: None,
            tags: Vec::new(),
            interval: None,
            full_text: FullText::default(),
            headers: Vec::new(),
            obey_robots: false,
            cookies: CookieScope::Nobody,
            proxy: Route::Usual,
        }
    }
}

/// Limits on feeds that other sections set.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// `schedule.min_interval`.
    min_interval: Duration,
    /// `fetch.ports`; empty: no limit.
    ports: Vec<u16>,
    /// `fetch.allow_networks`, which may be reached at any port.
    exceptions: Vec<IpNet>,
}

impl Bounds {
    pub(super) fn of(config: &Config) -> Self {
        let Fetch { ports, allow_networks, .. } = config.fetch.clone();
        Self { min_interval: config.schedule.min_interval, ports, exceptions: allow_networks }
    }

    /// Whether the client may connect to a URL, as far as this is known before its name is looked up.
    fn allow_port(&self, url: &Url) -> bool {
        let within = |address: IpAddr| self.exceptions.iter().any(|network| network.contains(&address));
        let excepted = match url.host() {
            Some(Host::Ipv4(address)) => within(address.into()),
            Some(Host::Ipv6(address)) => within(address.into()),
            Some(Host::Domain(_)) | None => !self.exceptions.is_empty(),
        };
        let listed = url.port_or_known_default().is_some_and(|port| self.ports.contains(&port));
        excepted || listed || self.ports.is_empty()
    }
}

/// What can be set for one feed or, in `defaults`, for many.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    tags: Vec<String>,
    interval: Option<Duration>,
    full_text: Option<FullText>,
    headers: Vec<(HeaderName, HeaderValue)>,
    obey_robots: Option<bool>,
    cookies: Option<CookieScope>,
    proxy: Option<Route>,
}

impl Settings {
    /// These settings over those of the level above: tags and headers are added, everything else is replaced.
    fn over(mut self, above: &Self) -> Self {
        let mut tags = above.tags.clone();
        tags.extend(std::mem::take(&mut self.tags).into_iter().filter(|tag| !above.tags.contains(tag)));
        let mut headers = above.headers.clone();
        headers.retain(|(name, _)| !self.headers.iter().any(|(own, _)| own == name));
        headers.append(&mut self.headers);
        Self {
            tags,
            headers,
            interval: self.interval.or(above.interval),
            full_text: self.full_text.or(above.full_text),
            obey_robots: self.obey_robots.or(above.obey_robots),
            cookies: self.cookies.or(above.cookies),
            proxy: self.proxy.or_else(|| above.proxy.clone()),
        }
    }
}

/// Reads `defaults`, which override those of the file that includes this one.
pub(super) fn decode_defaults(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    bounds: &Bounds,
    above: &Settings,
) -> Settings {
    let mut defaults = Settings::default();
    decoder.section("`defaults`", node, |s| {
        defaults = settings(s, bounds);
        let secret = [header::AUTHORIZATION, header::COOKIE];
        if let Some((name, _)) = defaults.headers.iter().find(|(name, _)| secret.contains(name)) {
            let at = s.at("headers").unwrap_or(node.at);
            s.decoder().fault(
                at,
                format!("`{name}` in `defaults` would be sent to the host of every feed; set it at the feed"),
            );
        }
    });
    defaults.over(above)
}

/// Reads a list of feeds, each a URL alone or a mapping.
pub(super) fn decode_list(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    bounds: &Bounds,
    defaults: &Settings,
) -> Vec<(Position, Feed)> {
    let Some(items) = node.items() else {
        decoder.mismatch("`feeds`", node, "a list of feeds");
        return Vec::new();
    };
    if items.is_empty() {
        // the file may be half written, and must not look like feeds that were removed
        decoder.fault(node.at, "an empty list of feeds");
    }
    items.iter().filter_map(|item| Some((item.at, decode(decoder, item, bounds, defaults)?))).collect()
}

fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>, bounds: &Bounds, defaults: &Settings) -> Option<Feed> {
    let url = feed_url(bounds);
    let (mut found, mut name, mut own) = (None, None, Settings::default());
    if matches!(node.value, Value::Map(_)) {
        decoder.section("a feed", node, |s| {
            found = s.value("url", &url);
            if s.at("url").is_none() {
                s.missing("`url`");
            }
            name = s.value("name", &label("a name of at most 200 characters", 200));
            own = settings(s, bounds);
            basic_auth(s, &mut own.headers);
            let has_cookie = own.headers.iter().any(|(name, _)| *name == header::COOKIE);
            if let Some(at) =
                s.at("cookies").filter(|_| has_cookie && own.cookies.is_some_and(|scope| scope != CookieScope::Nobody))
            {
                s.decoder().fault(at, "both `cookies` and a header `cookie`; use one of them");
            }
        });
    } else {
        found = decoder.leaf("feed", node, &url);
    }
    let Settings { tags, interval, full_text, headers, obey_robots, cookies, proxy } = own.over(defaults);
    let (full_text, obey_robots) = (full_text.unwrap_or_default(), obey_robots.unwrap_or_default());
    let (cookies, proxy) = (cookies.unwrap_or_default(), proxy.unwrap_or_default());
    Some(Feed { url: found?, name, tags, interval, full_text, headers, obey_robots, cookies, proxy })
}

fn settings(s: &mut Section<'_, '_, '_>, bounds: &Bounds) -> Settings {
    const FULL_TEXT: &[(&str, FullText)] =
        &[("auto", FullText::Auto), ("page", FullText::Page), ("feed", FullText::Feed)];
    const COOKIES: &[(&str, CookieScope)] =
        &[("true", CookieScope::Origin), ("false", CookieScope::Nobody), ("site", CookieScope::Site)];
    let mut tags = s.list("tags", &label("a tag of at most 100 characters", 100)).unwrap_or_default();
    let mut seen = std::collections::HashSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    Settings {
        tags,
        interval: s.value("interval", &interval(bounds)),
        full_text: s.value("full_text", &one_of(FULL_TEXT)),
        headers: s.get("headers").map(|node| headers(s.decoder(), node)).unwrap_or_default(),
        obey_robots: s.value("obey_robots", &flag()),
        cookies: s.value("cookies", &one_of(COOKIES)),
        proxy: s.proxy(),
    }
}

fn feed_url(bounds: &Bounds) -> Leaf<impl Fn(&str) -> Result<Url, Wrong>> {
    Leaf::new("an http or https URL", |text| {
        let url: Url = web_url().read(text)?;
        if bounds.allow_port(&url) {
            return Ok(url);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        Err(Wrong::Refused(format!("port {port} is not one of `fetch.ports`; add it there if you mean it")))
    })
}

fn interval(bounds: &Bounds) -> Leaf<impl Fn(&str) -> Result<Duration, Wrong>> {
    Leaf::new("a duration such as 15m", |text| {
        let found: Duration = duration(Duration::ZERO..=LONGEST_INTERVAL).read(text)?;
        if found < bounds.min_interval {
            let (found, floor) = (shown(found), shown(bounds.min_interval));
            return Err(Wrong::Refused(format!("{found} is shorter than `schedule.min_interval`, {floor}")));
        }
        Ok(found)
    })
}

/// A short text in one line.
fn label(expected: &'static str, longest: usize) -> Leaf<impl Fn(&str) -> Result<String, Wrong>> {
    Leaf::new(expected, move |text| {
        let text = text.trim();
        let fit = !text.is_empty() && text.chars().count() <= longest && !text.contains(char::is_control);
        if fit { Ok(text.to_owned()) } else { Err(Wrong::Kind) }
    })
}
