//! A publisher: its habits, its stories with their edits, and what befalls it in two years.
//!
//! PURE. All of it is made of a seed before the clock starts. The publisher's own number of a story is the truth that the
//! oracle goes by.

use chrono::{DateTime, TimeDelta, Utc};

use super::chance::{Chance, mixed};

/// What stands in guids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guid {
    None,
    Stable,
    /// The link.
    Link,
    /// Each feed counts for itself.
    Counter,
    /// The same for everything.
    Constant,
}

/// What stands in links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    None,
    Own,
    /// With a session id at each poll.
    Session,
    /// Each feed by way of its own counter, under its own headline and date.
    Redirector,
    /// Places on one page.
    Fragment,
    /// A column: one link, on which the newest story stands.
    Constant,
}

/// What stands in dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    None,
    Full,
    Day,
}

/// What the feed tells of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing, not even the title: a sitemap.
    Nothing,
    Summary,
    Content,
}

/// The habits of a publisher.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    pub(super) name: &'static str,
    pub(super) guid: Guid,
    pub(super) links: Links,
    pub(super) dates: Dates,
    pub(super) body: Body,
    /// Pages are not fetched: the configuration says so.
    pub(super) feed_text: bool,
    /// Stories change while they are live.
    pub(super) is_live: bool,
    /// Documents and pages come from two servers, one of them two hours behind.
    pub(super) two_servers: bool,
    /// Each reading of a page has one of two headlines, or one of several teasers within the text.
    pub(super) is_tested: bool,
    /// Numbers in feeds and pages change at each reading.
    pub(super) counts: bool,
    /// All guids and links change one day.
    pub(super) moves: bool,
    /// A bulletin: title and summary are those of the last one.
    pub(super) repeats: bool,
}

const PLAIN: Habits = Habits {
    name: "plain",
    guid: Guid::Stable,
    links: Links::Own,
    dates: Dates::Full,
    body: Body::Summary,
    feed_text: false,
    is_live: false,
    two_servers: false,
    is_tested: false,
    counts: false,
    moves: false,
    repeats: false,
};

/// All habits, taken in turn.
pub(super) const ALL: &[Habits] = &[
    PLAIN,
    Habits { name: "no guids", guid: Guid::None, ..PLAIN },
    Habits { name: "guids are links", guid: Guid::Link, ..PLAIN },
    Habits { name: "two systems", guid: Guid::Counter, ..PLAIN },
    Habits { name: "session ids", links: Links::Session, ..PLAIN },
    Habits { name: "session ids, no guids", guid: Guid::None, links: Links::Session, ..PLAIN },
    Habits { name: "redirector", guid: Guid::None, links: Links::Redirector, ..PLAIN },
    Habits { name: "places on a page", guid: Guid::None, links: Links::Fragment, body: Body::Content, ..PLAIN },
    Habits { name: "column", links: Links::Constant, body: Body::Content, ..PLAIN },
    Habits { name: "one guid", guid: Guid::Constant, ..PLAIN },
    Habits { name: "undated", dates: Dates::None, ..PLAIN },
    Habits { name: "dated by the day", dates: Dates::Day, ..PLAIN },
    Habits { name: "nameless", guid: Guid::None, links: Links::None, body: Body::Content, ..PLAIN },
    Habits { name: "sitemap", guid: Guid::None, dates: Dates::None, body: Body::Nothing, ..PLAIN },
    Habits { name: "new system", moves: true, ..PLAIN },
    Habits { name: "two servers", two_servers: true, ..PLAIN },
    Habits { name: "tests headlines", is_tested: true, ..PLAIN },
    Habits { name: "the feed's own text", body: Body::Content, feed_text: true, ..PLAIN },
    Habits { name: "counters", counts: true, ..PLAIN },
    Habits { name: "live", is_live: true, ..PLAIN },
    Habits { name: "bulletins", repeats: true, ..PLAIN },
    Habits { name: "full content", body: Body::Content, ..PLAIN },
];

/// How a story is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// A paragraph further down.
    Paragraph,
    /// The first paragraph, which is the summary.
    Lead,
    Title,
    /// Every sentence.
    Rewrite,
    /// A number in the text.
    Number,
    /// The link alone.
    Slug,
    /// The guid alone.
    Guid,
    /// Title, link and date at once.
    Live,
}

impl Change {
    /// Whether readers see another text.
    pub(super) fn is_edit(self) -> bool {
        !matches!(self, Self::Slug | Self::Guid)
    }

    /// Whether a feed that tells so much shows it, in letters.
    pub(super) fn is_told(self, body: Body) -> bool {
        match body {
            Body::Nothing => false,
            Body::Summary => matches!(self, Self::Lead | Self::Title | Self::Rewrite | Self::Live),
            Body::Content => self.is_edit() && self != Self::Number,
        }
    }
}

/// How a story's page ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    NotFound(DateTime<Utc>),
    Gone(DateTime<Utc>),
    /// It is a video, and never was a story.
    NoArticle,
}

#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) born: DateTime<Utc>,
    pub(super) changes: Vec<(DateTime<Utc>, Change)>,
    pub(super) end: Option<End>,
}

impl Story {
    /// How many changes there were by then.
    pub(super) fn version(&self, at: DateTime<Utc>) -> usize {
        self.changes.partition_point(|(when, _)| *when <= at)
    }

    /// How many of the first `version` changes were edits.
    pub(super) fn edits(&self, version: usize) -> u32 {
        self.changes[..version].iter().filter(|(_, change)| change.is_edit()).count() as u32
    }
}

/// What befalls a publisher, or the instance that reads it, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The feed with a number is empty.
    Empty(usize),
    /// It has three entries.
    Short(usize),
    /// In another order at each poll.
    Shuffled(usize),
    /// It brings stories back of so many days ago.
    Back(usize, i64),
    /// It does not answer.
    Down(usize),
    /// Pages are a wall that is known as one.
    Wall,
    /// Pages are a wall that is not known.
    HiddenWall,
    /// Pages fail.
    Failing,
    /// Pages are not found.
    NotFound,
    /// Our own network is down.
    Offline,
    /// The feed is not in the configuration.
    Removed(usize),
    /// The feed has another URL from then on.
    Renamed(usize),
    Restart,
    /// The process is killed between two commits.
    Crash,
    /// Our clock is 40 days ahead for some seconds.
    Ahead,
    /// Our clock is hours behind.
    Behind,
}

/// From when until when something happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happening {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) what: What,
}

/// Which stories a feed has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlet {
    All,
    /// Each third.
    Section(usize),
    /// The stories of one of so many systems.
    System(usize, usize),
    MostRead,
}

#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) number: u64,
    pub(super) site: String,
    pub(super) habits: Habits,
    pub(super) outlets: Vec<Outlet>,
    pub(super) stories: Vec<Story>,
    pub(super) happenings: Vec<Happening>,
    pub(super) moves_at: Option<DateTime<Utc>>,
    pub(super) start: DateTime<Utc>,
    pub(super) seed: u64,
}

/// How long and how busy it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) days: i64,
    pub(super) stories_a_day: f64,
    /// Nothing goes wrong, and nothing changes.
    pub(super) is_calm: bool,
}

impl Publisher {
    pub(super) fn new(number: u64, seed: u64, start: DateTime<Utc>, pace: Pace) -> Self {
        let seed = mixed(&[seed, number]);
        let mut chance = Chance::new(seed);
        let habits = ALL[number as usize % ALL.len()];
        let outlets = if pace.is_calm { vec![Outlet::All] } else { outlets(habits, &mut chance) };
        let end = start + TimeDelta::days(pace.days);
        let mut publisher = Self {
            number,
            site: format!("paper-{number}.example"),
            habits,
            outlets,
            stories: Vec::new(),
            happenings: Vec::new(),
            moves_at: habits.moves.then(|| start + TimeDelta::hours(chance.between(pace.days * 8, pace.days * 16))),
            start,
            seed,
        };
        publisher.stories = stories(&publisher, &mut chance, end, pace);
        if !pace.is_calm {
            publisher.happenings = happenings(publisher.outlets.len(), &mut chance, start, end);
        }
        publisher
    }

    /// What is so at a time.
    pub(super) fn is(&self, at: DateTime<Utc>, what: impl Fn(What) -> bool) -> bool {
        self.happenings.iter().any(|one| one.from <= at && at < one.to && what(one.what))
    }

    /// Whether pages were not to be had as they are at some time between.
    pub(super) fn has_trouble(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        let of_pages = |what: What| {
            let pages = matches!(what, What::Wall | What::HiddenWall | What::Failing | What::NotFound | What::Offline);
            pages || matches!(what, What::Ahead | What::Behind)
        };
        self.happenings.iter().any(|one| of_pages(one.what) && one.from < to && from < one.to)
    }
}

fn outlets(habits: Habits, chance: &mut Chance) -> Vec<Outlet> {
    if habits.guid == Guid::Counter {
        return vec![Outlet::System(0, 2), Outlet::System(1, 2)];
    }
    // a guid that another feed gave says little: what changes all else at once is told within one feed only
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

fn stories(publisher: &Publisher, chance: &mut Chance, end: DateTime<Utc>, pace: Pace) -> Vec<Story> {
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

/// Whether something but the words still says which story it is, however many of its changes are seen at once.
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

fn happenings(feeds: usize, chance: &mut Chance, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Happening> {
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
        // mostly apart, at times two at once
        at += hours(chance.between(6, 24 * 9));
    }
    happenings
}
