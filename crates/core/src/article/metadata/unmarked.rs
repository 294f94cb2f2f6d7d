//! Authors that nothing marks.
//!
//! PURE. Lines of a page → the people, or the organisation, that they name: on a line with a date or next to one, on a
//! line of their own before the story, in brackets at its beginning, or behind it. A text is a name only if all of it
//! has the shape of one, and if no word of it is written small anywhere on the page, as those of `Health Care` are.

use super::authors::{is_shaped, outlet};
use super::date_texts::{Order, has_day};
use super::people::{LINE, Trust, is_joint, people_in};
use super::titles::{Titles, same as same_title};
use super::words::{JOINING, PARTICLES, WORDS, glued_month, is_lead, is_month, is_nobody, roles, strip_word};
use crate::text::{is_wide, letters};

/// Signs that part what a line says.
const PARTING: &[&str] = &[" | ", "|", " • ", " · ", " — ", " – ", " - ", " / ", " // ", ",", "\n"];
/// How far into the story its reporter is named in brackets, and how far before its end; in characters.
const BRACKETS: usize = 40;
/// Longest line that is a date and nothing else, in characters.
const DATE: usize = 60;

/// Lines of a page by where they are.
#[derive(Debug, Default)]
pub(in crate::article) struct Lines<'a> {
    /// Around the headline.
    pub(in crate::article) near: Vec<&'a str>,
    /// Between headline and story, without headings, and without what belongs to other stories or to nobody.
    pub(in crate::article) head: Vec<&'a str>,
    /// Right before the story, if it is set apart (bold, italic, a dash), and right behind it.
    pub(in crate::article) led: Option<&'a str>,
    pub(in crate::article) signed: Option<&'a str>,
    /// The story's paragraphs.
    pub(in crate::article) story: Vec<&'a str>,
    /// Lines behind it.
    pub(in crate::article) behind: Vec<&'a str>,
    /// All that the page says.
    pub(in crate::article) page: Vec<&'a str>,
}

/// What is known of the page.
pub(super) struct Known<'a> {
    pub(super) site: &'a [String],
    /// Its titles, section and tags, which look like names.
    pub(super) titles: &'a Titles,
    pub(super) topics: &'a [String],
    pub(super) order: Order,
    /// Short texts next to its dates.
    pub(super) near_dates: &'a [String],
}

impl Lines<'_> {
    /// The people whom nothing marks.
    pub(super) fn people(&self, known: &Known<'_>) -> Vec<String> {
        let alone = |line: Option<&str>| line.map(|line| self.names(line, known));
        let found = |names: &Vec<String>| !names.is_empty();
        Some(self.led(known))
            .filter(found)
            .or_else(|| Some(self.beside_date(known)).filter(found))
            .or_else(|| alone(self.led).filter(found))
            .or_else(|| Some(self.reporters(known.site)).filter(found))
            .or_else(|| alone(self.signed).filter(found))
            .or_else(|| alone(self.copyright()))
            .unwrap_or_default()
    }

    /// Whether a line names one of some people, and not as the editor.
    pub(super) fn show(&self, people: &[String]) -> bool {
        const EDITORS: &[&str] = &["编辑", "編輯", "责编", "責編"];
        let lines = self.near.iter().chain(&self.head).chain(&self.behind).chain(&self.signed);
        let own = lines.filter(|line| !EDITORS.iter().any(|word| line.contains(word)));
        let lower: Vec<String> = own.map(|line| line.to_lowercase()).collect();
        people.iter().any(|name| lower.iter().any(|line| line.contains(&name.to_lowercase())))
    }

    /// Names behind a word that leads to them: anywhere on a line with a date, or all of what a line says. Here a name
    /// may be of one word, or initials.
    fn led(&self, known: &Known<'_>) -> Vec<String> {
        let short = self.near.iter().chain(self.behind.first()).filter(|line| line.chars().count() < LINE);
        let named = short.map(|line| {
            let is_dated = has_day(line) && known.order.in_text(line).is_some();
            let line = unglued(line.trim_end_matches(|c: char| !c.is_alphanumeric() && !".)".contains(c)));
            let leads = starts(&line).filter(|&at| at == 0 || is_dated && !is_within(&line, at));
            let mut behind = leads.filter_map(|at| behind_lead(&line[at..]));
            let names = behind.by_ref().map(|rest| {
                let people = people_in(&[rest.to_owned()], Trust::Byline, known.site);
                if people.is_empty() { of_one_word(rest, is_dated) } else { people }
            });
            names.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
        });
        named.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
    }

    /// Names on a line with a date, or on one before or behind a line that is a date.
    fn beside_date(&self, known: &Known<'_>) -> Vec<String> {
        let lines: Vec<String> = self.head.iter().map(|line| unglued(line)).collect();
        let is_dated = |line: &str| has_day(line) && known.order.in_text(line).is_some();
        let is_date = |at: Option<usize>| {
            let line = at.and_then(|at| lines.get(at)).filter(|line| line.chars().count() < DATE);
            line.is_some_and(|line| is_dated(line))
        };
        let short = lines.iter().enumerate().filter(|(_, line)| line.chars().count() < LINE);
        let named = short.map(|(at, line)| {
            if is_dated(line) {
                let mut parts = parts(line).into_iter().map(|part| self.names(&part, known));
                parts.find(|names| !names.is_empty()).unwrap_or_default()
            } else if is_date(at.checked_sub(1)) || is_date(Some(at + 1)) {
                self.names(line, known)
            } else {
                Vec::new()
            }
        });
        let near_dates = known.near_dates.iter().map(|text| self.names(text, known));
        named.into_iter().chain(near_dates).find(|names| !names.is_empty()).unwrap_or_default()
    }

    /// The reporter as papers of East Asia have it: in brackets at the beginning of a story or at its end, or on a line
    /// before it or behind it.
    fn reporters(&self, site: &[String]) -> Vec<String> {
        let lines = self.head.iter().chain(self.behind.first()).copied().filter(|line| line.chars().count() < BRACKETS);
        let ends = [self.story.first().map(|text| beginning(text)), self.story.last().map(|text| ending(text))];
        let texts = lines.chain(ends.into_iter().flatten()).filter(|text| text.contains(is_wide));
        let named = texts.flat_map(|text| {
            let of_line = text.split_once("记者").or_else(|| text.split_once("記者")).map(|(_, names)| names);
            let of_line = of_line.filter(|_| text.chars().count() < BRACKETS && !text.contains(['，', '。', '、']));
            let in_brackets = bracketed(text).filter_map(|(text, _)| behind_reporter(text));
            in_brackets.chain(of_line).collect::<Vec<_>>()
        });
        let openings = self.head.iter().chain(self.story.first()).flat_map(|text| bracketed(beginning(text)));
        let openings = openings.filter(|(_, is_opening)| *is_opening).map(|(text, _)| text);
        let named = openings.chain(named);
        let people = named.map(|text| people_in(&[text.trim().replace(' ', "、")], Trust::Byline, site));
        people.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
    }

    /// What follows the agency in the last paragraph's note: `(c)AFP/Ida MOE`.
    fn copyright(&self) -> Option<&str> {
        let (_, note) = self.story.last()?.rsplit_once("(c)").or_else(|| self.story.last()?.rsplit_once('©'))?;
        note.rsplit_once('/').map(|(_, name)| name).filter(|name| name.chars().count() < BRACKETS)
    }

    /// The people that a text is, if it is nothing else.
    fn names(&self, text: &str, known: &Known<'_>) -> Vec<String> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || "-–—()".contains(c));
        let is_label = text.ends_with([':', '?', '!']);
        if !(2..=12).contains(&text.split_whitespace().count()) || is_label || text.contains(is_wide) {
            return Vec::new();
        }
        // what a comma sets apart from one name is a place or a paper
        let text = match text.split(',').count() {
            2 if !text.split_whitespace().any(is_joint) => text.split(',').next().unwrap_or_default(),
            _ => text,
        };
        let people = people_in(&[text.to_owned()], Trust::Byline, known.site);
        let joints = text.split_whitespace().filter(|word| is_joint(word)).flat_map(letters).count();
        let said: usize = people.iter().map(|name| letters(name).count()).sum();
        let is_all = said + joints == letters(text).count() && !people.is_empty();
        if is_all && people.iter().all(|name| self.is_name(name, known)) { people } else { Vec::new() }
    }

    fn is_name(&self, name: &str, known: &Known<'_>) -> bool {
        let words: Vec<&str> = name.split_whitespace().filter(|word| !PARTICLES.contains(word)).collect();
        let is_word = |word: &&str| {
            word.starts_with(char::is_uppercase) && word.chars().all(|c| c.is_alphabetic() || "-'’.".contains(c))
        };
        let is_topic = || known.titles.are_like(name) || known.topics.iter().any(|topic| same_title(topic, name));
        (2..=4).contains(&words.len())
            && words.iter().all(is_word)
            && words.iter().any(|word| word.chars().count() > 4 || word.contains(char::is_lowercase))
            && !is_topic()
            && !words.iter().any(|word| self.is_written_small(&word.to_lowercase()))
    }

    fn is_written_small(&self, word: &str) -> bool {
        // a plural's end apart
        let is_it =
            |other: &str| other.strip_prefix(word).is_some_and(|end| matches!(end, "" | "s" | "es" | "en" | "n"));
        let words = |text: &&str| text.split(|c: char| !c.is_alphanumeric()).any(is_it);
        word.len() > 2 && self.page.iter().any(words)
    }

    /// The organisation that nothing marks: next to a date, as a source, in brackets before the story or after it.
    pub(super) fn organisation(&self, known: &Known<'_>) -> Option<String> {
        let is_dated = |line: &&&str| line.chars().count() < LINE && known.order.in_text(line).is_some();
        let dated = self.head.iter().filter(is_dated).flat_map(|line| parts(line));
        let openings = self.near.iter().chain(self.story.first()).flat_map(|text| bracketed(beginning(text)));
        let openings = openings.filter(|(_, is_opening)| *is_opening).map(|(text, _)| text.to_owned());
        let mut texts = dated.chain(openings).chain(self.signed.map(str::to_owned));
        let bare = |text: &String| text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        let is_word = |text: &String| {
            !text.contains(|c: char| c == ' ' || is_wide(c)) && self.is_written_small(&text.to_lowercase())
        };
        let dashed = || self.signed.filter(|line| line.starts_with(['-', '–', '—'])).map(|line| bare(&line.to_owned()));
        self.source()
            .or_else(|| texts.find_map(|text| outlet(&bare(&text), known.site).filter(|name| !is_word(name))))
            .or_else(|| dashed().filter(|name| is_shaped(name) && name.chars().count() < BRACKETS))
    }

    /// What is called the source: behind the label, or on the line after it.
    fn source(&self) -> Option<String> {
        let lines = || self.near.iter().chain(&self.behind);
        let next = lines().skip(1).copied().chain([""]);
        let short = lines().zip(next).filter(|(line, _)| line.chars().count() < LINE);
        short.into_iter().find_map(|(line, next)| {
            let named = behind_source(line)?;
            let named = if named.is_empty() && !line.contains(is_wide) { next } else { named };
            let is_name = |word: &&str| !word.contains(|c: char| c.is_numeric() || "|·•".contains(c));
            let words = named.lines().next().unwrap_or_default().split_whitespace().take_while(is_name);
            let most = if named.contains(is_wide) { 1 } else { 7 };
            let name = words.take(most).collect::<Vec<_>>().join(" ");
            let name = name.trim_matches(|c: char| !c.is_alphanumeric());
            let is_short = (2..=40).contains(&name.chars().count()) && name.split(' ').count() < 7;
            let is_name = !name.starts_with(char::is_lowercase) && !name.contains([':', '：', '/', '"', '(']);
            (is_short && is_name && !is_nobody(name)).then(|| name.to_owned())
        })
    }
}

/// What a line says behind a label for sources.
fn behind_source(line: &str) -> Option<&str> {
    let colons = line.match_indices([':', '：']);
    let behind = colons.filter_map(|(at, colon)| {
        let label = line[..at].trim_end().to_lowercase();
        let label = WORDS.sources.iter().find_map(|word| label.strip_suffix(word))?;
        (!label.ends_with(char::is_alphanumeric) || label.ends_with(|c: char| c.is_numeric()))
            .then(|| line[at + colon.len()..].trim())
    });
    behind.into_iter().next()
}

/// Where the words of a line begin.
fn starts(line: &str) -> impl Iterator<Item = usize> + '_ {
    line.split_whitespace().map(|word| word.as_ptr() as usize - line.as_ptr() as usize)
}

/// Whether a word is within a name or a date (`Ida von Berg`, `3 de mayo`).
fn is_within(line: &str, at: usize) -> bool {
    let word = line[at..].split_whitespace().next().unwrap_or_default();
    let before = line[..at].trim_end().chars().next_back();
    PARTICLES.contains(&word) && (word != "von" || before.is_some_and(char::is_alphabetic))
}

/// What follows a word that leads to a name, in brackets.
fn behind_reporter(text: &str) -> Option<&str> {
    WORDS.leads.iter().find_map(|lead| strip_word(text, lead))
}

/// What follows a word that leads to a name; if no spaces separate the words, a colon has to be between them.
fn behind_lead(text: &str) -> Option<&str> {
    let rest = WORDS.leads.iter().filter_map(|lead| strip_word(text, lead)).min_by_key(|rest| rest.len())?;
    let name = rest.trim_start_matches([' ', ':', '：']);
    let is_parted = text[..text.len() - name.len()].contains([':', '：']);
    (is_parted || !text.contains(is_wide)).then_some(name)
}

/// A name of one word that a sign or a date follows, or initials.
fn of_one_word(text: &str, is_dated: bool) -> Vec<String> {
    let first = text.split([';', '|', '\n', '—', '–']).next().unwrap_or_default();
    let is_word = |word: &str| (2..=24).contains(&word.chars().count()) && !is_nobody(word) && roles(word) == 0;
    let names: Vec<&str> = first.split([',', '/']).map(str::trim).collect();
    let is_initials = |name: &&str| name.chars().count() <= 5 && name.chars().all(char::is_alphabetic) && is_word(name);
    if names.len() > 1 && names.iter().all(is_initials) {
        return names.into_iter().map(str::to_owned).collect();
    }
    let mut words = text.split_whitespace();
    let word = words.next().unwrap_or_default();
    let bare = word.trim_end_matches([',', ';', ':', '.', '|']);
    let leads_on = |next: &str| is_dated && (JOINING.contains(&next) || next.contains(char::is_numeric));
    let ends = word.len() > bare.len()
        || words.next().is_none_or(|next| !next.contains(char::is_alphanumeric) || leads_on(next));
    let is_shaped = bare.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
        && bare.chars().filter(|c| c.is_alphabetic()).count() > 1
        && (is_dated || bare.starts_with(char::is_uppercase));
    if ends && is_shaped && is_word(bare) && !is_month(bare) { vec![bare.to_owned()] } else { Vec::new() }
}

/// A line with spaces where the layout has them: `ByIda MoeMay 3`.
fn unglued(line: &str) -> String {
    let is_lead = |word: &str| !PARTICLES.contains(&word.to_lowercase().as_str()) && is_lead(word);
    let parted = |word: &str| {
        let is_start = |&(at, c): &(usize, char)| c.is_uppercase() && word[..at].ends_with(char::is_lowercase);
        let lead = word.char_indices().find(is_start).map(|(at, _)| at).filter(|&at| is_lead(&word[..at]));
        let at = lead.or_else(|| glued_month(word));
        at.map_or_else(|| word.to_owned(), |at| format!("{} {}", &word[..at], &word[at..]))
    };
    line.split(' ').map(parted).collect::<Vec<_>>().join(" ")
}

/// What signs set apart in a line, without dates.
fn parts(line: &str) -> Vec<String> {
    let line = PARTING.iter().fold(line.to_owned(), |line, sign| line.replace(sign, "\u{1f}"));
    let bare = |part: &str| {
        let is_figure = |word: &&str| word.contains(|c: char| c.is_numeric());
        let words = part.split_whitespace().skip_while(is_figure).take_while(|word| !is_figure(word));
        let mut words: Vec<&str> = words.collect();
        while words.last().is_some_and(|word| is_month(word) || JOINING.contains(word)) {
            words.pop();
        }
        words.join(" ")
    };
    line.split('\u{1f}').map(bare).filter(|part| !part.is_empty()).collect()
}

/// Texts in brackets, and whether they are of the kind that opens a story.
fn bracketed(text: &str) -> impl Iterator<Item = (&str, bool)> {
    const PAIRS: [(char, char, bool); 5] =
        [('【', '】', true), ('〔', '〕', true), ('［', '］', true), ('（', '）', false), ('(', ')', false)];
    PAIRS.into_iter().filter_map(move |(open, close, opens)| {
        let start = text.find(open)? + open.len_utf8();
        let end = start + text[start..].find(close)?;
        Some((&text[start..end], opens && text.starts_with(open)))
    })
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(BRACKETS).map_or(text, |(end, _)| &text[..end])
}

fn ending(text: &str) -> &str {
    text.char_indices().rev().nth(BRACKETS).map_or(text, |(start, _)| &text[start..])
}
