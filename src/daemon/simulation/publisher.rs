//! A publisher: its habits, its stories with their edits, and what happens to it in two years.
//!
//! PURE. Everything is made from a seed before the clock starts. The publisher's own number of a story is the truth for
//! the oracle.

use chrono::{DateTime, TimeDelta, Utc};

use super::chance::{Chance, mixed};

mod made;

use made::{happenings, outlets, stories};

/// What guids contain.
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

/// What links contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    None,
    Own,
    /// With a session id at each poll.
    Session,
    /// Each feed with its own click counter, and its own headline and date.
    Redirector,
    /// Places on one page.
    Fragment,
    /// A column: one link, with the newest story.
    Constant,
}

/// What dates contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    None,
    Full,
    Day,
}

/// How much a feed says about a story.
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
    /// All guids and links change on one day.
    pub(super) moves: bool,
    /// A bulletin: title and summary are the same as those of the last one.
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
    /// Whether readers see a different text.
    pub(super) fn is_edit(self) -> bool {
        !matches!(self, Self::Slug | Self::Guid)
    }

    /// Whether a feed that says this much shows it, in letters.
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

/// What happens to a publisher, or to the instance that reads it, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The feed with a number is empty.
    Empty(usize),
    /// It has three entries.
    Short(usize),
    /// In another order at each poll.
    Shuffled(usize),
    /// It shows stories of this many days ago again.
    Back(usize, i64),
    /// It does not respond.
    Down(usize),
    /// Pages are a wall that is recognised.
    Wall,
    /// Pages are a wall that is not recognised.
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
    /// The stories of one of this many systems.
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

    /// What is true at a time.
    pub(super) fn is(&self, at: DateTime<Utc>, what: impl Fn(What) -> bool) -> bool {
        self.happenings.iter().any(|one| one.from <= at && at < one.to && what(one.what))
    }

    /// Whether pages could not be fetched at some time in between.
    pub(super) fn has_trouble(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        let of_pages = |what: What| {
            let pages = matches!(what, What::Wall | What::HiddenWall | What::Failing | What::NotFound | What::Offline);
            pages || matches!(what, What::Ahead | What::Behind)
        };
        self.happenings.iter().any(|one| of_pages(one.what) && one.from < to && from < one.to)
    }
}
