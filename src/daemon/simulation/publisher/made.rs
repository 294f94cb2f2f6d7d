//! Publishers made from a seed.
//!
//! PURE.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Body, Chance, Change, Dates, End, Guid, Habits, Happening, Links, Outlet, Pace, Publisher, Story, What};

pub(super) fn outlets(habits: Habits, chance: &mut Chance) -> Vec<Outlet> {
    if habits.guid == Guid::Counter {
        return vec![Outlet::System(0, 2), Outlet::System(1, 2)];
    }
    // a guid that another feed gave says little: if everything else changes at once, this is recognised within one feed
    // only
    let is_alone = matches!(habits.links, Links::Constant | Links::None | Links::Fragment) || habits.is_live;
    if is_alone || habits.guid == Guid::Constant {
        return vec![Outlet::All];
    }
    let mut outlets = vec![Outlet::All];
    for number in 0..chance.below(4) as usize {
        outlets.push(if number == 0 { Outlet::MostRead } else { Outlet::Section(number - 1) });
    }
    outlets
}

pub(super) fn stories(publisher: &Publisher, chance: &mut Chance, end: DateTime<Utc>, pace: Pace) -> Vec<Story> {
    let mut stories = Vec::new();
    let gap = (86_400.0 / pace.stories_a_day) as i64;
    // some stories are older than the first poll
    let mut born = publisher.start - TimeDelta::seconds(20 * gap);
    while born < end {
        let (changes, ending) = if pace.is_calm {
            (Vec::new(), None)
        } else {
            (changes(publisher.habits, born, publisher.moves_at, chance), ending(publisher.habits, born, chance))
        };
        stories.push(Story { born, changes, end: ending });
        born += TimeDelta::seconds(chance.between(gap / 4, gap * 7 / 4).max(60));
    }
    stories
}

fn ending(habits: Habits, born: DateTime<Utc>, chance: &mut Chance) -> Option<End> {
    let has_page = matches!(habits.links, Links::Own | Links::Session | Links::Redirector) && !habits.feed_text;
    let at = born + TimeDelta::hours(chance.between(30, 200));
    match chance.below(50) {
        0 => Some(End::NotFound(at)),
        1 => Some(End::Gone(at)),
        2 if has_page && habits.body != Body::Content => Some(End::NoArticle),
        _ => None,
    }
}

fn changes(
    habits: Habits,
    born: DateTime<Utc>,
    moves_at: Option<DateTime<Utc>>,
    chance: &mut Chance,
) -> Vec<(DateTime<Utc>, Change)> {
    let count = match chance.below(100) {
        _ if habits.is_live && chance.one_in(3) => chance.between(3, 12),
        0..70 => 0,
        70..88 => 1,
        88..97 => chance.between(2, 4),
        _ => chance.between(5, 20),
    };
    let mut changes: Vec<(DateTime<Utc>, Change)> = Vec::new();
    for _ in 0..count {
        let after = match chance.below(10) {
            _ if habits.is_live || count > 4 => chance.between(10, 24 * 60),
            0..4 => chance.between(5, 60),
            4..7 => chance.between(60, 24 * 60),
            7..9 => chance.between(24 * 60, 7 * 24 * 60),
            _ => chance.between(7 * 24 * 60, 40 * 24 * 60),
        };
        let at = born + TimeDelta::minutes(after);
        let change = change(habits, chance);
        if can_be_told(habits, &changes, change, moves_at.is_some_and(|moves| born < moves)) {
            changes.push((at, change));
        }
    }
    changes.sort_by_key(|(at, _)| *at);
    changes
}

/// Whether something besides the words still says which story it is, however many of its changes are seen at once.
fn can_be_told(habits: Habits, before: &[(DateTime<Utc>, Change)], change: Change, will_move: bool) -> bool {
    let renames = |change: &Change| matches!(change, Change::Title | Change::Rewrite | Change::Live);
    let had = |wanted: &dyn Fn(&Change) -> bool| before.iter().any(|(_, change)| wanted(change));
    let has_guid = habits.guid == Guid::Stable;
    let is_dated = habits.dates != Dates::None;
    match change {
        Change::Slug | Change::Guid | Change::Title | Change::Rewrite | Change::Live if will_move => false,
        Change::Slug if has_guid => !had(&|change| *change == Change::Guid) && (is_dated || !had(&renames)),
        Change::Slug => !had(&renames),
        Change::Guid => !had(&|change| matches!(change, Change::Slug | Change::Live)) && (is_dated || !had(&renames)),
        Change::Live => !had(&|change| *change == Change::Guid),
        change if renames(&change) => {
            let guid_changed = had(&|change| *change == Change::Guid);
            let slug_changed = had(&|change| *change == Change::Slug);
            (is_dated || !guid_changed && !slug_changed) && (has_guid || !slug_changed)
        }
        _ => true,
    }
}

fn change(habits: Habits, chance: &mut Chance) -> Change {
    let has_guid = habits.guid == Guid::Stable;
    let is_own = habits.links == Links::Own;
    match chance.below(12) {
        0 | 1 if habits.links != Links::None => Change::Title,
        2 if habits.links != Links::None => Change::Rewrite,
        3 => Change::Number,
        4 if is_own && has_guid && !habits.repeats => Change::Guid,
        5 if is_own && (has_guid || habits.dates != Dates::None) && habits.guid != Guid::Constant => Change::Slug,
        6..9 if has_guid && habits.is_live => Change::Live,
        6..9 => Change::Lead,
        _ => Change::Paragraph,
    }
}

pub(super) fn happenings(
    feeds: usize,
    chance: &mut Chance,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Vec<Happening> {
    let mut happenings = Vec::new();
    let mut at = start + TimeDelta::days(5);
    while at < end - TimeDelta::days(12) {
        let feed = chance.below(feeds as u64) as usize;
        let hours = |hours: i64| TimeDelta::hours(hours);
        let (what, lasts) = match chance.below(26) {
            0 => (What::Empty(feed), hours(chance.between(1, 30))),
            1 => (What::Short(feed), hours(chance.between(1, 30))),
            2 => (What::Shuffled(feed), hours(24)),
            3 => (What::Back(feed, 1), hours(30)),
            4 => (What::Back(feed, 31), hours(30)),
            5 => (What::Back(feed, 120), hours(30)),
            6 => (What::Back(feed, 200), hours(30)),
            7 => (What::Down(feed), hours(chance.between(1, 50))),
            8 => (What::Wall, hours(chance.between(1, 30))),
            9 => (What::HiddenWall, hours(chance.between(1, 5))),
            10 => (What::Failing, hours(chance.between(1, 30))),
            11 => (What::NotFound, hours(chance.between(1, 15))),
            12 => (What::Offline, hours(chance.between(1, 30))),
            13 => (What::Removed(feed), TimeDelta::days(chance.between(1, 40))),
            14 => (What::Renamed(feed), hours(1)),
            15 | 16 => (What::Restart, hours(1)),
            17..20 => (What::Crash, hours(1)),
            20 => (What::Ahead, TimeDelta::seconds(5)),
            21 => (What::Behind, hours(chance.between(1, 12))),
            22 => (What::Restart, hours(1)),
            _ => (What::Crash, hours(1)),
        };
        happenings.push(Happening { from: at, to: at + lasts, what });
        // mostly separate, sometimes two at once
        at += hours(chance.between(6, 24 * 9));
    }
    happenings
}
