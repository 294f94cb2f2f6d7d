//! Several newspapers, each a site of its own, that print, edit and withdraw while everything fails; and the memory of
//! what they did, which is the oracle.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use copydesk::demo::{NewsSite, Paper, Story};
use rand::{RngExt, rngs::SmallRng};

/// One in each of four partitions.
const SITES: [u8; 4] = [1, 2, 5, 13];
const PATHS: [&str; 2] = ["/atom.xml", "/feed.json"];
/// Entries in a feed: more than are printed while it cannot be read.
const WINDOW: usize = 80;
const WORKS_EVERY: Duration = Duration::from_millis(400);
/// Older stories are not edited: their next look may be a long time ahead.
const FRESH: Duration = Duration::from_secs(60);

/// What has to become of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A record whose last revision is what the paper shows.
    Printed,
    /// The same, of a story that is not withdrawn, as somebody waits for it.
    Awaited,
    /// One reject and no record.
    Missing,
    /// Either of them.
    Withdrawn,
}

/// A story and its fate.
pub(crate) struct Print {
    pub(crate) site: usize,
    pub(crate) slug: String,
    pub(crate) fate: Fate,
    at: Instant,
    is_edited: bool,
}

/// The newspapers.
pub(crate) struct Press {
    sites: Vec<NewsSite>,
    pub(crate) prints: Vec<Print>,
    pub(crate) edits: usize,
    worked_at: Instant,
    random: SmallRng,
}

impl Press {
    pub(crate) async fn open(random: SmallRng) -> Press {
        let mut sites = Vec::new();
        for number in SITES {
            let paper = Paper { window: WINDOW, ..Paper::default() };
            sites.push(NewsSite::open_at(Ipv4Addr::new(127, 0, 0, number), paper).await.unwrap());
        }
        Press { sites, prints: Vec::new(), edits: 0, worked_at: Instant::now(), random }
    }

    pub(crate) fn feeds(&self) -> Vec<String> {
        let of_site = |site: &NewsSite| PATHS.map(|path| site.url(path).to_string());
        self.sites.iter().flat_map(of_site).collect()
    }

    /// Prints, edits or withdraws something, if it is time to.
    pub(crate) fn work(&mut self) {
        if self.worked_at.elapsed() < WORKS_EVERY {
            return;
        }
        self.worked_at = Instant::now();
        match self.random.random_range(0..100) {
            0..45 => {
                self.print_somewhere(Fate::Printed);
            }
            45..55 => {
                self.print_somewhere(Fate::Missing);
            }
            55..90 => self.edit(),
            _ => self.withdraw(),
        }
    }

    /// Prints a story on each site that is not withdrawn later; returns their slugs.
    pub(crate) fn print_everywhere(&mut self) -> Vec<String> {
        (0..self.sites.len()).map(|site| self.print(site, Fate::Awaited)).collect()
    }

    fn print_somewhere(&mut self, fate: Fate) {
        let site = self.random.random_range(0..self.sites.len());
        self.print(site, fate);
    }

    fn print(&mut self, site: usize, fate: Fate) -> String {
        let story = Story::numbered(self.prints.len(), crate::now());
        let slug = story.slug.clone();
        // in one step, or a reader comes in between
        let mut paper = self.sites[site].paper();
        if fate == Fate::Missing {
            paper.missing.push(slug.clone());
        }
        paper.stories.insert(0, story);
        self.prints.push(Print { site, slug: slug.clone(), fate, at: Instant::now(), is_edited: false });
        slug
    }

    fn edit(&mut self) {
        if let Some(print) = self.pick_fresh(&[Fate::Printed, Fate::Awaited]) {
            let print = &mut self.prints[print];
            // a second edit in a row would be looked for some minutes later
            if !std::mem::replace(&mut print.is_edited, true) {
                self.sites[print.site].edit(&print.slug);
                self.edits += 1;
            }
        }
    }

    fn withdraw(&mut self) {
        if let Some(print) = self.pick_fresh(&[Fate::Printed]) {
            let print = &mut self.prints[print];
            self.sites[print.site].paper().missing.push(print.slug.clone());
            print.fate = Fate::Withdrawn;
        }
    }

    fn pick_fresh(&mut self, fates: &[Fate]) -> Option<usize> {
        let fits = |print: &Print| fates.contains(&print.fate) && print.at.elapsed() < FRESH;
        let fresh: Vec<usize> = (0..self.prints.len()).filter(|&print| fits(&self.prints[print])).collect();
        (!fresh.is_empty()).then(|| fresh[self.random.random_range(0..fresh.len())])
    }

    /// The text of every story as it is now, by slug.
    pub(crate) fn texts(&self) -> HashMap<String, String> {
        let papers = self.sites.iter().map(NewsSite::paper);
        papers
            .flat_map(|paper| paper.stories.iter().map(|story| (story.slug.clone(), story.text())).collect::<Vec<_>>())
            .collect()
    }
}
