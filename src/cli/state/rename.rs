//! A feed with a new URL: what changes in a ledger.
//!
//! PURE. The state stays with the site where the feed was first seen, because its articles are known there. If the new
//! URL belongs to another site, a pointer there says so, the same as the daemon leaves after a move by permanent
//! redirects.

use anyhow::{bail, ensure};
use url::Url;

use crate::{
    ledger::State,
    link,
    state::{FeedState, SiteState, feed_of},
};

/// The values to commit: first entries, then those of the feed, which must be committed together.
pub(super) fn values(
    held: &[State],
    largest: Option<usize>,
    old: &Url,
    new: &Url,
) -> anyhow::Result<(Vec<State>, Vec<State>)> {
    ensure!(old != new, "both URLs are the same");
    if let Some(state) = held.iter().find(|state| feed_of(&state.key) == Some(new.as_str())) {
        let site = State::site(&state.key);
        bail!(
            "{} already has state, with the site {site}; only a feed without state can take over that of another",
            link::shown(new)
        );
    }
    let (mut pointers, mut site) = (Vec::new(), None);
    for state in held.iter().filter(|state| feed_of(&state.key) == Some(old.as_str())) {
        match FeedState::from_json(&state.value)?.kept_at {
            None => site = Some(State::site(&state.key)),
            Some(_) => pointers.push(State { key: state.key.clone(), value: Vec::new() }),
        }
    }
    let Some(name) = site else { bail!(unknown(held, old)) };

    let mut site = SiteState::new(name).within(largest);
    for state in held.iter().filter(|state| State::site(&state.key) == name) {
        site.restore(&state.key, &state.value)?;
    }
    site.rename(old.as_str(), new.as_str());
    let (mut feeds, others): (Vec<State>, Vec<State>) =
        site.changes(true, usize::MAX).into_iter().partition(|state| feed_of(&state.key).is_some());
    feeds.extend(pointers);
    let new_site = link::site(new);
    if new_site != name {
        let mut other = SiteState::new(&new_site).within(largest);
        other.feed_mut(new.as_str()).kept_at = Some(name.to_owned());
        feeds.extend(other.changes(true, usize::MAX));
    }
    Ok((others, feeds))
}

/// Says that nothing is known about a feed, and which known one has the most similar spelling.
fn unknown(held: &[State], old: &Url) -> String {
    let known = held.iter().filter_map(|state| feed_of(&state.key));
    let likeness = |url: &&str| strsim::jaro_winkler(url, old.as_str());
    match known.max_by(|a, b| likeness(a).total_cmp(&likeness(b))) {
        Some(nearest) => format!(
            "nothing is known about {}; the feed with the most similar URL is {}",
            link::shown(old),
            link::shown_text(nearest)
        ),
        None => format!("nothing is known about {}, nor about any other feed", link::shown(old)),
    }
}
