//! Which article an entry is: the one rule that decides when names that agree outweigh names that contradict.
//!
//! PURE. An entry is compared with each article that shares a name with it. What publishers do, and what decides:
//!
//! | the entry and the article have | it is |
//! |---|---|
//! | the same link, and no different guid | the article, however much its title and date changed |
//! | the same link, another guid of this feed | the article if title or date is the same; a daily column with one link is not |
//! | links that differ in what may be tracking | the article if title, date or guid is the same |
//! | the same guid in this feed | the article, as long as the feed's guids are trusted; else if title or date is the same |
//! | the same guid, but from another feed of the site | the article if title or date is the same |
//! | the same title and date, everything else different | the article: its site moved to another system |
//!
//! An article that another entry of the same document matches better is *claimed* by that entry. Then the entry is the
//! article too (a story that is listed twice) only with one of these: the same link (if it only may be the same: with
//! the same title and date), or the same guid or words together with the same title or date. Everything else is a list
//! of stories on one page. If the link is known to lead to a list, or the texts differ, the date proves nothing.
//! Without guids, the title proves nothing if text and date differ: notices that all have one title.

/// How two marks compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    /// They are equal.
    Same,
    /// They are not.
    Other,
    /// One of them is missing, or says nothing.
    Unknown,
}

impl Agreement {
    /// Compares two hashes; 0 means none.
    pub(super) fn of<T: PartialEq + Default + Copy>(one: T, other: T) -> Self {
        match one == T::default() || other == T::default() {
            true => Self::Unknown,
            false if one == other => Self::Same,
            false => Self::Other,
        }
    }
}

/// How two links compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// They lead to one page, or the entry's leads to the article's page.
    Same,
    /// They may lead to one page: the difference may only say where a visitor came from.
    Folded,
    /// They differ.
    Other,
    /// The entry has none.
    Unknown,
}

/// What is known about an entry compared with an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The guids, if the feed had the article; `Unknown` if another feed had it.
    pub(super) guid: Agreement,
    /// The guid is one that another feed of the site gave the article.
    pub(super) guid_of_another_feed: bool,
    /// The feed's guids were not seen to be used for one story after another.
    pub(super) guids_are_trusted: bool,
    /// The links.
    pub(super) link: Link,
    /// The titles.
    pub(super) title: Agreement,
    /// The dates.
    pub(super) date: Agreement,
    /// The dates are days without a time: many stories may share them.
    pub(super) date_is_a_day: bool,
    /// The entry has neither guid nor link, and its words are the article's.
    pub(super) words: bool,
    /// The article was stored by version 0.1: nothing but the name is known of it.
    pub(super) is_legacy: bool,
    /// Another entry of the document is this article.
    pub(super) is_claimed: bool,
    /// The texts of the entry and of that other entry.
    pub(super) text: Agreement,
    /// The article's link is known to be that of a list: other entries have it, too.
    pub(super) is_of_list: bool,
}

impl Evidence {
    /// Whether the entry is the article.
    pub(super) fn is_one_story(&self) -> bool {
        let title = self.title == Agreement::Same;
        if self.is_claimed {
            let has_other_text = self.text == Agreement::Other;
            let is_alike = self.link == Link::Folded && title && self.is_same_moment() && !has_other_text;
            let listed_twice = self.link == Link::Same || self.guid == Agreement::Same || self.words || is_alike;
            let date = self.date == Agreement::Same && !self.is_of_list && !has_other_text;
            let title = title && !(self.guid == Agreement::Unknown && self.date == Agreement::Other && has_other_text);
            return listed_twice
                && (title || date || self.title == Agreement::Unknown && self.date != Agreement::Other);
        }
        if self.is_legacy || self.words {
            return true;
        }
        let told = title || self.date == Agreement::Same;
        // says nothing but its names: a sitemap
        let is_bare = self.title == Agreement::Unknown && self.date == Agreement::Unknown;
        let guid = self.guid == Agreement::Same;
        match self.link {
            Link::Same if self.guid == Agreement::Other && self.guids_are_trusted => told || is_bare,
            Link::Same => true,
            Link::Folded if told || guid => true,
            _ if guid && self.guids_are_trusted => true,
            _ if guid => told || is_bare,
            _ if self.guid_of_another_feed => told,
            _ => title && self.is_same_moment(),
        }
    }

    /// Title and date alone: if two stories have one title, each day has another one; the date has to say more than
    /// that.
    fn is_same_moment(&self) -> bool {
        self.date == Agreement::Same && !(self.date_is_a_day && self.guid == Agreement::Other && self.guids_are_trusted)
    }

    /// How much agrees: if an entry may be several articles, it is the one with the most. Title and date together say
    /// more than a guid or a link that may have been given to the next story.
    pub(super) fn strength(&self) -> u32 {
        let link = match self.link {
            Link::Same => 4,
            Link::Folded => 1,
            _ => 0,
        };
        let guid = if self.guid == Agreement::Same { 4 } else { u32::from(self.guid_of_another_feed) };
        let same = |mark: Agreement| u32::from(mark == Agreement::Same);
        let (title, date) = (same(self.title), same(self.date));
        link + guid + 2 * title + 2 * date + title * date + u32::from(self.words)
    }

    /// Whether the guid was right: `None` if nothing else says so.
    pub(super) fn guid_was_right(&self, is_one_story: bool) -> Option<bool> {
        let otherwise = self.link == Link::Same && self.title == Agreement::Same;
        match self.guid {
            Agreement::Same if !is_one_story => Some(false),
            Agreement::Other if otherwise => Some(false),
            Agreement::Same if self.link == Link::Same || self.title == Agreement::Same => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Agreement::*, *};

    fn evidence(guid: Agreement, link: Link, title: Agreement, date: Agreement) -> Evidence {
        Evidence {
            guid,
            guid_of_another_feed: false,
            guids_are_trusted: true,
            link,
            title,
            date,
            date_is_a_day: false,
            words: false,
            is_legacy: false,
            is_claimed: false,
            text: Unknown,
            is_of_list: false,
        }
    }

    #[test]
    fn what_publishers_do() {
        use Link::{Folded, Other as Elsewhere, Same as Here, Unknown as NoLink};
        for (what, guid, link, title, date, expected) in [
            ("nothing changed", Same, Here, Same, Same, true),
            ("the headline changed", Same, Here, Other, Same, true),
            ("a live story: headline, slug and date changed at once", Same, Elsewhere, Other, Other, true),
            ("the slug was corrected", Same, Elsewhere, Same, Same, true),
            ("the guid got a counter", Other, Here, Same, Other, true),
            ("the guid got a counter, and the headline changed", Other, Here, Other, Same, true),
            ("a daily column under one link", Other, Here, Other, Other, false),
            ("a daily column without headlines", Other, Here, Unknown, Other, false),
            ("guids that change, and nothing else", Other, Here, Unknown, Unknown, true),
            ("no guid, a live page under one link", Unknown, Here, Other, Other, true),
            ("no guid, the slug was corrected", Unknown, Elsewhere, Same, Same, true),
            ("a new system: guid and link changed", Other, Elsewhere, Same, Same, true),
            ("a bulletin with the title of the last one", Other, Elsewhere, Same, Other, false),
            ("no guid, a bulletin", Unknown, Elsewhere, Same, Other, false),
            ("two stories of one minute", Other, Elsewhere, Other, Same, false),
            ("a place on a page with release notes", Unknown, Folded, Other, Other, false),
            ("another tracking parameter", Unknown, Folded, Same, Unknown, true),
            ("a parameter that names the article, in a sitemap", Unknown, Folded, Unknown, Unknown, false),
            ("another tracking parameter under one guid", Same, Folded, Other, Other, true),
            ("a sitemap", Unknown, Here, Unknown, Unknown, true),
            ("neither guid nor link, the text was edited", Unknown, NoLink, Same, Same, true),
            ("neither guid nor link, another text of that minute", Unknown, NoLink, Other, Same, false),
        ] {
            assert_eq!(evidence(guid, link, title, date).is_one_story(), expected, "{what}");
        }
    }

    #[test]
    fn a_guid_of_another_feed_needs_a_second_witness() {
        let elsewhere =
            |title, date| Evidence { guid_of_another_feed: true, ..evidence(Unknown, Link::Other, title, date) };
        assert!(!elsewhere(Other, Other).is_one_story(), "two systems that both count from 1");
        assert!(elsewhere(Same, Other).is_one_story());
        assert!(elsewhere(Other, Same).is_one_story());
    }

    #[test]
    fn guids_that_repeat_need_one_too() {
        let distrusted = |link, title, date| Evidence { guids_are_trusted: false, ..evidence(Same, link, title, date) };
        assert!(!distrusted(Link::Other, Other, Other).is_one_story());
        assert!(distrusted(Link::Other, Same, Other).is_one_story());
        assert!(distrusted(Link::Same, Other, Other).is_one_story());
        assert!(distrusted(Link::Unknown, Unknown, Unknown).is_one_story(), "an entry that has nothing else");
    }

    #[test]
    fn one_page_under_many_entries_is_a_list() {
        let claimed = |guid, link, title, date| Evidence {
            is_claimed: true,
            is_of_list: true,
            ..evidence(guid, link, title, date)
        };
        assert!(!claimed(Other, Link::Same, Other, Other).is_one_story(), "a list page");
        assert!(!claimed(Unknown, Link::Same, Other, Same).is_one_story(), "a list page without guids");
        assert!(claimed(Other, Link::Same, Same, Other).is_one_story(), "a story that is listed twice");
        assert!(claimed(Unknown, Link::Same, Unknown, Unknown).is_one_story(), "a sitemap that lists a page twice");
        assert!(!claimed(Other, Link::Other, Same, Same).is_one_story(), "two stories of one title and minute");
        assert!(!claimed(Same, Link::Other, Other, Other).is_one_story(), "one guid for everything");
        let known = |guid, link, title, date| Evidence { is_of_list: false, ..claimed(guid, link, title, date) };
        assert!(known(Unknown, Link::Same, Other, Same).is_one_story(), "a new headline next to the old one");
        assert!(!known(Unknown, Link::Same, Other, Other).is_one_story());
        let reworded = |guid, title, date| Evidence { text: Other, ..known(guid, Link::Same, title, date) };
        assert!(!reworded(Unknown, Other, Same).is_one_story(), "two notices of one minute");
        assert!(!reworded(Unknown, Same, Other).is_one_story(), "notices that all have one title");
        assert!(reworded(Other, Same, Other).is_one_story(), "a story that is listed twice, once with another deck");
        assert!(reworded(Unknown, Same, Same).is_one_story());
        assert!(claimed(Other, Link::Folded, Same, Same).is_one_story(), "listed twice, as two campaigns");
        assert!(!claimed(Other, Link::Folded, Same, Other).is_one_story());
        let told_apart = Evidence { text: Other, ..claimed(Unknown, Link::Folded, Same, Same) };
        assert!(!told_apart.is_one_story(), "two notices that a parameter tells apart");
    }

    #[test]
    fn guids_and_links_that_have_gone_on_to_the_next_story_say_less_than_title_and_date() {
        let moved_on = evidence(Other, Link::Other, Same, Same).strength();
        for (what, guid, link) in [("numbers of lines", Same, Link::Unknown), ("today's page", Unknown, Link::Same)] {
            assert!(moved_on > evidence(guid, link, Other, Other).strength(), "{what}");
        }
        assert!(evidence(Same, Link::Same, Other, Other).strength() > moved_on, "both of them say more");
    }

    #[test]
    fn a_mark_that_is_missing_says_nothing() {
        for (one, other, expected) in [(5, 5, Same), (5, 6, Other), (0, 5, Unknown), (5, 0, Unknown), (0, 0, Unknown)] {
            assert_eq!(Agreement::of(one, other), expected, "{one} and {other}");
        }
    }

    #[test]
    fn what_agrees_is_added_up() {
        use Link::{Folded, Other as Elsewhere, Same as Here};
        for (guid, link, title, date, expected) in [
            (Other, Elsewhere, Other, Other, 0),
            (Unknown, Folded, Unknown, Unknown, 1),
            (Unknown, Elsewhere, Same, Other, 2),
            (Unknown, Elsewhere, Other, Same, 2),
            (Unknown, Elsewhere, Same, Same, 5),
            (Same, Elsewhere, Other, Other, 4),
            (Other, Here, Other, Other, 4),
            (Same, Here, Same, Same, 13),
        ] {
            assert_eq!(evidence(guid, link, title, date).strength(), expected, "{guid:?} {link:?} {title:?} {date:?}");
        }
        let nothing = evidence(Unknown, Elsewhere, Other, Other);
        assert_eq!(Evidence { words: true, ..nothing }.strength(), 1);
        assert_eq!(Evidence { guid_of_another_feed: true, ..nothing }.strength(), 1);
    }

    #[test]
    fn a_guid_is_judged_by_link_and_title() {
        use Link::{Other as Elsewhere, Same as Here};
        for (guid, link, title, is_one_story, expected) in [
            (Same, Elsewhere, Other, false, Some(false)),
            (Same, Here, Same, false, Some(false)),
            (Same, Here, Same, true, Some(true)),
            (Same, Here, Other, true, Some(true)),
            (Same, Elsewhere, Same, true, Some(true)),
            (Same, Elsewhere, Other, true, None),
            (Other, Here, Same, true, Some(false)),
            (Other, Here, Other, true, None),
            (Other, Elsewhere, Same, true, None),
            (Unknown, Here, Same, true, None),
        ] {
            let judged = evidence(guid, link, title, Unknown).guid_was_right(is_one_story);
            assert_eq!(judged, expected, "{guid:?} {link:?} {title:?}, one story: {is_one_story}");
        }
    }

    #[test]
    fn title_and_day_alone_are_not_enough_where_guids_say_otherwise() {
        let day = |guid| Evidence { date_is_a_day: true, ..evidence(guid, Link::Other, Same, Same) };
        assert!(!day(Other).is_one_story());
        assert!(day(Unknown).is_one_story());
    }
}
