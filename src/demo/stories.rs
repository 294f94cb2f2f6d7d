//! What the demo's newspaper prints: a few written stories, and as many numbered ones as a test requests.
//!
//! PURE.

use chrono::{DateTime, TimeDelta, Utc};

/// A story as its newspaper has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Last part of its URL.
    pub slug: String,
    /// Headline.
    pub title: String,
    /// Author.
    pub byline: String,
    /// Section.
    pub section: String,
    /// `HARBOUR CITY`, before the first paragraph's dash.
    pub dateline: Option<String>,
    /// The story itself.
    pub paragraphs: Vec<String>,
    /// An agency that is credited in a line below the story.
    pub credit: Option<String>,
    /// First publication.
    pub published: DateTime<Utc>,
    /// 0 as first printed, plus one for each edit.
    pub edition: u32,
}

impl Story {
    /// The text of the story, as a record must have it.
    pub fn text(&self) -> String {
        let mut paragraphs = self.paragraphs.clone();
        if let (Some(dateline), Some(first)) = (&self.dateline, paragraphs.first_mut()) {
            *first = format!("{dateline} — {first}");
        }
        paragraphs.join("\n\n")
    }

    /// When it was last changed: each edit takes a minute.
    pub fn updated(&self) -> DateTime<Utc> {
        self.published + TimeDelta::minutes(i64::from(self.edition))
    }

    /// The same story after another edit.
    #[must_use]
    pub fn edited(mut self) -> Self {
        self.edition += 1;
        // names its story: the same line below several stories would count as the site's, not the story's
        let line = format!(
            "In its edition number {} the paper added to “{}” that all those concerned had been heard once more.",
            self.edition, self.title
        );
        self.paragraphs.push(line);
        self
    }

    /// A story of about 300 words, different for every number.
    pub fn numbered(number: usize, published: DateTime<Utc>) -> Self {
        let pick = |list: &[&str], step: usize| list[(number / 7 * step + number * (step + 1)) % list.len()].to_owned();
        let place = pick(&PLACES, 1);
        let matter = pick(&MATTERS, 2);
        let body = pick(&BODIES, 3);
        let paragraphs = (0..6)
            .map(|n| {
                let witness = pick(&WITNESSES, n + 1);
                let turn = TURNS[(number + n * 5) % TURNS.len()];
                format!(
                    "Case {number}, part {n}: {witness} in {place} told the {body} that {matter} {turn}, and that the \
                     figures of the last {} months, read out line by line, left little room for another reading of \
                     what had happened there.",
                    3 + (number + n) % 20
                )
            })
            .collect();
        Self {
            slug: format!("case-{number}"),
            title: format!("{place} asks what became of {matter} (case {number})"),
            byline: BYLINES[number % BYLINES.len()].to_owned(),
            section: SECTIONS[number % SECTIONS.len()].to_owned(),
            dateline: None,
            paragraphs,
            credit: None,
            published,
            edition: 0,
        }
    }
}

const PLACES: [&str; 8] =
    ["Alderholm", "Brackwater", "Corvenna", "Dunmere", "Eastfold", "Ferrow", "Grantham Quay", "Hollin"];
const MATTERS: [&str; 6] = [
    "the ferry timetable",
    "the new reservoir",
    "the school roof",
    "the night market",
    "the tram depot",
    "the lending library",
];
const BODIES: [&str; 4] = ["council", "inquiry", "harbour board", "court"];
const WITNESSES: [&str; 7] = [
    "a surveyor",
    "two neighbours",
    "the former clerk",
    "a ferry pilot",
    "the night porter",
    "an engineer",
    "a shopkeeper",
];
const TURNS: [&str; 5] = [
    "had been promised long before it was paid for",
    "could have been finished a year earlier",
    "was better used than anybody had expected",
    "would cost a third more than was first said",
    "had found friends on both sides of the river",
];
const BYLINES: [&str; 4] = ["Ines Okafor", "Tomas Lindqvist", "Rahel Brandt", "Yusuf Demir"];
const SECTIONS: [&str; 3] = ["City", "Harbour", "Culture"];

/// The stories of the demo, the newest first. The last one is in the feeds and has no page.
pub(super) fn front_page(now: DateTime<Utc>) -> Vec<Story> {
    WRITTEN
        .iter()
        .enumerate()
        .map(|(index, written)| Story {
            slug: written.slug.to_owned(),
            title: written.title.to_owned(),
            byline: BYLINES[index % BYLINES.len()].to_owned(),
            section: written.section.to_owned(),
            dateline: written.dateline.map(str::to_owned),
            paragraphs: written.paragraphs.iter().map(|&paragraph| paragraph.to_owned()).collect(),
            credit: written.credit.map(str::to_owned),
            published: now - TimeDelta::minutes(7 + 11 * i64::try_from(index).unwrap_or(0)),
            edition: 0,
        })
        .collect()
}

struct Written {
    slug: &'static str,
    title: &'static str,
    section: &'static str,
    dateline: Option<&'static str>,
    credit: Option<&'static str>,
    paragraphs: &'static [&'static str],
}

const WRITTEN: [Written; 6] = [
    Written {
        slug: "swing-bridge-reopens",
        title: "Swing bridge reopens after eleven weeks of repairs",
        section: "Harbour",
        dateline: Some("BRACKWATER (Courier)"),
        credit: Some("The Coastal Press Agency"),
        paragraphs: &[
            "The swing bridge between the old harbour and the fish market carried its first lorries on Tuesday morning, eleven weeks after a cracked bearing had left it standing open to the river.",
            "Engineers replaced the bearing and, while they were at it, four of the rollers that carry the turning span. None of them had been changed since the bridge was built, said Marta Quill, who led the works.",
            "“We expected to find wear,” Quill said. “What we did not expect was how evenly it had worn. The people who aligned this bridge knew what they were doing.”",
            "Traders on the market side had counted the days. Several said that the detour over the upper bridge cost them an hour a day and most of their lunchtime custom.",
            "The harbour board will close the bridge again for one night in spring, to fit sensors that are to give warning long before the next bearing fails.",
        ],
    },
    Written {
        slug: "night-trains-return",
        title: "Night trains return to the coast line in spring",
        section: "City",
        dateline: None,
        credit: None,
        paragraphs: &[
            "From the last week of March a night train will run again between the capital and the coast, the first since the sleeping cars were sold nine years ago.",
            "The railway has leased twelve cars and means to run the service three nights a week at first. Seats will cost no more than on the day trains; a bed will be about half as much again.",
            "Passenger groups welcomed the plan and asked for a stop at Ferrow, where the last connection now leaves before nine in the evening.",
            "Whether the train stays depends on the second winter, the railway said: the first one, it has learned elsewhere, is always full.",
        ],
    },
    Written {
        slug: "reservoir-survey",
        title: "Survey finds the new reservoir is filling faster than planned",
        section: "City",
        dateline: Some("DUNMERE"),
        credit: Some("The Coastal Press Agency"),
        paragraphs: &[
            "The reservoir above Dunmere holds a fifth more water than it should at this point of its first year, a survey published on Monday found.",
            "Two wet months explain most of it, the surveyors write. The rest is harder to account for, and they suspect that an old mill race, thought to be dry, still feeds the valley from the north.",
            "Nothing suggests that the dam is under strain. The spillway was tested in October and can pass four times the largest flood on record.",
            "The water company will leave one of the two gates half open until the source has been traced, and has asked walkers to keep to the marked path on the eastern side.",
        ],
    },
    Written {
        slug: "library-lends-tools",
        title: "The library that lends out drills and ladders",
        section: "Culture",
        dateline: None,
        credit: None,
        paragraphs: &[
            "On the ground floor of the lending library in Corvenna, between the newspapers and the children's books, there is a rack with forty drills, nine ladders and a machine for stripping wallpaper.",
            "They are lent like books: two weeks, one renewal, a small fine if they come back late. They hardly ever do, says the librarian, Oskar Venn, because somebody is always waiting.",
            "The idea came from a reader who had bought a tile cutter for a single bathroom and was ashamed of it. In the first year the tools went out three thousand times.",
            "Venn has since been asked for advice by eleven other towns. His answer is always the same: buy good ones, and keep the manuals.",
        ],
    },
    Written {
        slug: "tram-depot-vote",
        title: "Council votes to keep the old tram depot",
        section: "City",
        dateline: None,
        credit: None,
        paragraphs: &[
            "The city council voted by 31 to 24 on Monday night to keep the old tram depot and to turn its two halls into workshops, after a debate that lasted until half past eleven.",
            "A developer had offered to build 140 flats on the site. The offer was withdrawn an hour before the vote, when it became clear that the halls would be listed in any case.",
            "Supporters of the flats said that the city had chosen bricks over people. The mayor answered that it could have both, and named three sites on which nobody had yet offered to build anything.",
        ],
    },
    Written {
        slug: "ferry-timetable-withdrawn",
        title: "Ferry timetable withdrawn an hour after publication",
        section: "Harbour",
        dateline: None,
        credit: None,
        paragraphs: &["This page was taken down by its newspaper."],
    },
];

/// The story that appears while the demo runs.
pub(super) fn late_edition(now: DateTime<Utc>) -> Story {
    Story {
        slug: "storm-warning-lifted".to_owned(),
        title: "Storm warning lifted for the whole coast".to_owned(),
        byline: BYLINES[0].to_owned(),
        section: "Harbour".to_owned(),
        dateline: None,
        paragraphs: vec![
            "The storm warning for the coast between Hollin and Grantham Quay was lifted shortly after noon, a day earlier than had been forecast, and the ferries are running again.".to_owned(),
            "The low that had been expected to stall over the estuary moved inland during the night. Gusts at the lighthouse reached 94 kilometres an hour and then fell away within two hours.".to_owned(),
            "The harbour master asked crews to check their moorings anyway: the swell, he said, will outlast the wind by a day at least.".to_owned(),
        ],
        credit: None,
        published: now,
        edition: 0,
    }
}
