//! The proxy that requests go through.

use copydesk_fetch::config::{Proxy, Route};
use url::Url;

use super::{
    leaf::{Leaf, Wrong},
    section::{Decoder, Section},
    yaml::{Node, Value},
};

impl Section<'_, '_, '_> {
    /// A proxy: its URL alone, or a mapping with credentials; or `off`.
    pub(super) fn proxy(&mut self) -> Option<Route> {
        let node = self.get("proxy")?;
        self.decoder().proxy(node)
    }
}

impl Decoder<'_> {
    fn proxy(&mut self, node: &Node<'_>) -> Option<Route> {
        if !matches!(node.value, Value::Map(_)) {
            let leaf = Leaf::new(format!("{EXPECTED}, or off"), |text| match text {
                "off" => Ok(Route::Direct),
                _ => url(text).map(|url| Route::Through(Box::new(Proxy::new(url)))),
            });
            return self.leaf("`proxy`", node, &leaf);
        }
        let mut found = None;
        self.section("`proxy`", node, |s| {
            let url = s.value("url", &Leaf::new(EXPECTED, url));
            if s.at("url").is_none() {
                s.missing("`url`");
            }
            let credentials = s.credentials();
            found = url.zip(credentials).map(|(url, credentials)| Proxy { url, credentials: Some(credentials) });
        });
        found.map(|proxy| Route::Through(Box::new(proxy)))
    }
}

const EXPECTED: &str = "a proxy such as http://proxy.example:3128 or socks5://proxy.example:1080";

fn url(text: &str) -> Result<Url, Wrong> {
    let url = Url::parse(text.trim()).map_err(|_| Wrong::Kind)?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") || url.host_str().is_none_or(str::is_empty) {
        return Err(Wrong::Kind);
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = "the URL of a proxy must not contain credentials, because it is shown; write `proxy: {url, username, \
                       password_file}`";
        return Err(Wrong::Refused(message.to_owned()));
    }
    Ok(url)
}
