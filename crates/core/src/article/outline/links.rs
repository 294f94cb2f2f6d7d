//! Where links lead: on this page, to another page of the site, or away from it.

use scraper::node::Element as Markup;
use url::Url;

use super::{Names, Signs, attribute};
use crate::link;

/// Most words of a service's name in a path.
const WORDS: usize = 4;

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leads {
    /// To a place on this page, or nowhere.
    Here,
    /// To another page of the site, or to what somebody paid for.
    Onward,
    /// To another site.
    Away,
}

/// The page that links are looked at from.
#[derive(Debug, Default)]
pub(in crate::article) struct Home {
    site: String,
    /// The page's URL from its host on.
    page: String,
}

impl Home {
    pub(in crate::article) fn new(url: &Url) -> Self {
        Self { site: link::site(url), page: without_scheme(bare(url.as_str())).to_ascii_lowercase() }
    }

    /// Where an `<a>` leads.
    pub(super) fn leads(&self, markup: &Markup) -> Leads {
        let Some(href) = attribute(markup, "href").map(str::trim) else { return Leads::Here };
        let target = bare(href);
        let scheme = target.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
        match scheme {
            _ if target.is_empty() => Leads::Here,
            Some("http" | "https") => self.of_host(target),
            Some(_) => Leads::Here,
            None if target.starts_with("//") => self.of_host(target),
            None if target.len().abs_diff(self.path().len()) > 1 => Leads::Onward,
            None if target.trim_end_matches('/').eq_ignore_ascii_case(self.path()) => Leads::Here,
            None => Leads::Onward,
        }
        .paid(markup)
    }

    /// The page's path.
    fn path(&self) -> &str {
        self.page.find('/').map_or("", |host| &self.page[host..])
    }

    fn of_host(&self, target: &str) -> Leads {
        let target = without_scheme(target);
        if !self.page.is_empty() && target.eq_ignore_ascii_case(&self.page) {
            return Leads::Here;
        }
        let host = target.split(['/', '?', ':']).next().unwrap_or_default();
        let ours = host.len() >= self.site.len()
            && !self.site.is_empty()
            && host.is_char_boundary(host.len() - self.site.len())
            && host[host.len() - self.site.len()..].eq_ignore_ascii_case(&self.site);
        let whole =
            host.len() == self.site.len() || host[..host.len() - self.site.len().min(host.len())].ends_with('.');
        if ours && whole { Leads::Onward } else { Leads::Away }
    }
}

impl Leads {
    fn paid(self, markup: &Markup) -> Self {
        match (self, attribute(markup, "rel")) {
            (Self::Away, Some(rel)) if rel.contains("sponsored") => Self::Onward,
            _ => self,
        }
    }
}

/// Whether a link leads to what a site offers its readers in addition to stories, as the last part of its path says.
/// A story's has more words.
pub(super) fn is_service(markup: &Markup, names: &mut Names) -> bool {
    const OFFERED: Signs = Signs::NEWSLETTER.and(Signs::CONSENT).and(Signs::PROMO).and(Signs::COPYRIGHT);
    let path = attribute(markup, "href").map_or("", |href| bare(href).split('?').next().unwrap_or_default());
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    !last.is_empty() && last.split(['-', '_']).count() <= WORDS && names.signs(last).any(OFFERED)
}

/// A URL without its fragment.
fn bare(href: &str) -> &str {
    href.split('#').next().unwrap_or_default()
}

fn without_scheme(url: &str) -> &str {
    let rest = url.split_once("//").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/')
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_here_onward_or_away() {
        let home = Home::new(&Url::parse("https://www.quaypost.example/news/bridge").unwrap());
        let leads = |attributes: &str| {
            let html = scraper::Html::parse_fragment(&format!("<a {attributes}>x</a>"));
            let link = html.tree.values().filter_map(|node| node.as_element()).find(|element| element.name() == "a");
            home.leads(link.expect("it was written"))
        };
        for (attributes, expected) in [
            ("href='#who-pays'", Leads::Here),
            ("", Leads::Here),
            ("href='javascript:void(0)'", Leads::Here),
            ("href='mailto:desk@quaypost.example'", Leads::Here),
            ("href='/news/bridge#top'", Leads::Here),
            ("href='https://www.quaypost.example/news/bridge/'", Leads::Here),
            ("href='/bridge'", Leads::Onward),
            ("href='ferry.html'", Leads::Onward),
            ("href='?page=2'", Leads::Onward),
            ("href='https://sport.QuayPost.example/cup'", Leads::Onward),
            ("href='//quaypost.example'", Leads::Onward),
            ("href='https://thequaypost.example/'", Leads::Away),
            ("href='https://harbour.example/news/bridge'", Leads::Away),
            ("href='https://harbour.example/' rel='nofollow sponsored'", Leads::Onward),
            ("href='https://é'", Leads::Away),
        ] {
            assert_eq!(leads(attributes), expected, "{attributes}");
        }
    }
}
