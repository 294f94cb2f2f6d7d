//! What the passes over all blocks make of a body.

use super::*;
use crate::article::{outline::outline, tree};

/// The reasons for all blocks of a page whose body is all of it; `opinion` is what the site says of each.
fn reasons(html: &str, opinion: Option<bool>) -> Vec<Option<&'static str>> {
    let mut outline = outline(&tree::parse(html).html, &Default::default(), &mut Default::default());
    outline.inherit(None, |block| block.weight as f32);
    let blocks: Vec<usize> = (0..outline.blocks.len()).collect();
    let opinions = vec![opinion; blocks.len()];
    let titles = Titles::default();
    let known = Known { opinions: &opinions, ..Known::titles(&titles) };
    let verdicts = judge(&outline, &Body { blocks, ..Body::default() }, &known);
    verdicts.iter().map(|(_, reason)| reason.map(Reason::as_str)).collect()
}

const STORY: &str = "<p>The keepers of the bridge have shown us every wheel and every lever of it before the works.</p>\
    <p>Forty wheels of cast iron carry the deck, and each of them is greased by hand on a Monday.</p>";

#[test]
fn a_caption_is_one_where_stories_stand() {
    let html = format!("<main>{STORY}<figure><figcaption>The deck from below, with rust.</figcaption></figure></main>");
    assert_eq!(reasons(&html, Some(false)), [None, None, Some("caption")]);
}

#[test]
fn what_is_said_again_is_dropped_at_the_lesser_place() {
    let said =
        "The bridge will be closed on four weekends of the autumn, and the ferry will run for nothing until then.";
    let again = |place: &str| format!("<main>{place}<div>{STORY}<p>{said}</p><p>{said}</p></div></main>");
    assert_eq!(reasons(&again(""), None), [None; 4], "the writer says it twice");
    let boxed = again(&format!("<section><span><p class=fact>{said}</p></span></section>"));
    assert_eq!(reasons(&boxed, None)[..2], [Some("repeated"), None], "a box says it before");
}

#[test]
fn a_heading_goes_with_its_place_or_with_what_it_heads() {
    let html =
        format!("<main><div>{STORY}<h2>The bridge at night</h2></div><section><h2>Elsewhere</h2></section></main>");
    assert_eq!(reasons(&html, None)[2..], [None, Some("heading-of-nothing")]);
}

#[test]
fn a_note_ends_a_story_and_is_none_alone() {
    let note = |inside: &str| format!("<div class=editors-note>{inside}</div>");
    let note_behind = format!("<main>{STORY}{}</main>", note("<p>We have changed the number of wheels above.</p>"));
    assert_eq!(reasons(&note_behind, None), [None, None, Some("note")]);
    assert_eq!(reasons(&format!("<main>{}</main>", note(STORY)), None), [None, None]);
}

#[test]
fn a_sentence_set_bare_is_a_cards_where_stories_are_set_in_paragraphs() {
    let card = "<div><div>He lights forty lamps each evening, and in winter before the schools are out.</div></div>";
    let titled = card.replacen("<div>", "<div><h3>The last lamplighter</h3>", 1);
    let behind = |story: &str, card: &str, opinion: Option<bool>| {
        let reasons = reasons(&format!("<main>{}{card}</main>", story.repeat(3)), opinion);
        reasons[6..].to_vec()
    };
    assert_eq!(behind(STORY, card, None), [Some("label")]);
    assert_eq!(behind(STORY, &titled, None), [Some("label"); 2], "with its title");
    assert_eq!(behind(STORY, card, Some(false)), [None], "where stories of the site stand");
    let bare = STORY.replace("<p>", "<div>").replace("</p>", "</div>");
    assert_eq!(behind(&bare, card, None), [None], "the story is set bare too");
}

#[test]
fn a_list_of_what_the_page_holds_is_links_and_no_section() {
    let section = |class: &str, inside: &str| format!("<section class={class}>{inside}</section>");
    let list = section("toc", "<ul><li><a href=#a>The wheels</a></li><li><a href=#b>The works</a></li></ul>");
    let sections = section("toc-para", &format!("<h2>The wheels</h2>{STORY}"));
    let reasons = reasons(&format!("<main>{list}{sections}{STORY}{STORY}</main>"), None);
    assert_eq!(reasons, [&[Some("contents"); 2][..], &[None; 7]].concat());
}

#[test]
fn a_bold_line_heads_what_follows_it_but_in_a_list() {
    let html = |item: &str| format!("<main><div>{STORY}</div><ul>{}</ul><h2>Why</h2>{STORY}</main>", item.repeat(2));
    assert_eq!(reasons(&html("<li><p><b>Class leading wheels</b></p></li>"), None)[2..4], [None; 2]);
    let headings = "<p><b>Class leading wheels</b></p>".repeat(2);
    let html = format!("<main><div>{STORY}</div><div>{headings}</div><h2>Why</h2>{STORY}</main>");
    assert_eq!(reasons(&html, None)[2..4], [Some("heading-of-nothing"); 2]);
}

#[test]
fn answers_to_many_questions_may_stand_bare() {
    let answer = "<div><div>He lights forty lamps each evening, and in winter before the schools are out.</div></div>";
    let bare = |answers: usize| {
        let reasons = reasons(&format!("<main>{}{}</main>", STORY.repeat(12), answer.repeat(answers)), None);
        reasons[24..].iter().filter(|reason| reason.is_none()).count()
    };
    assert_eq!([bare(1), bare(2), bare(6)], [0, 0, 6]);
}

#[test]
fn the_beginning_of_another_story_stands_under_its_headline() {
    let card = |headline: &str| {
        format!("<div class=feature><div><p>{headline}</p></div><p>Forty wheels of cast iron carry the deck.</p></div>")
    };
    let among = |card: &str| {
        let reasons = reasons(&format!("<main><div>{STORY}</div>{card}<div>{STORY}</div></main>"), None);
        reasons[2..4].to_vec()
    };
    let link = "<a href=/other>Another bridge over the river</a>";
    assert_eq!(among(&card(link)), [Some("related-links"); 2]);
    assert_eq!(among(&card("The other bridge over the river")), [None; 2]);
}

#[test]
fn a_line_behind_the_last_rule_may_point_elsewhere() {
    let more = "<p>All the figures stand at https://quaypost.example/bridges</p>";
    assert_eq!(reasons(&format!("<main>{STORY}<p>___</p>{more}</main>"), None)[3], Some("related-links"));
    assert_eq!(reasons(&format!("<main>{STORY}{more}</main>"), None)[2], None);
}

#[test]
fn what_is_hidden_may_outweigh_a_short_story() {
    let pitch =
        "<p class=hidden>Help us to keep the news free for everyone, by giving as little as the price of a bun.</p>";
    let html = |pitches: usize| format!("<main>{STORY}{}</main>", pitch.repeat(pitches));
    assert_eq!(reasons(&html(3), None), [None, None, Some("hidden"), Some("hidden"), Some("hidden")]);
    assert!(reasons(&html(9), None).iter().all(Option::is_none), "a page that is shown by a script");
}

#[test]
fn what_shares_a_box_with_a_form_or_a_picture_is_not_the_storys() {
    let boxed = |inside: &str| format!("<div class=box>{inside}</div>");
    let behind = |inside: &str| {
        let reasons = reasons(&format!("<main><div>{}</div>{}</main>", STORY.repeat(3), boxed(inside)), None);
        reasons[6..].to_vec()
    };
    let among = |inside: &str| {
        let story = STORY.repeat(2);
        let html = format!("<main><div>{story}</div>{}<div>{story}</div></main>", boxed(inside));
        let reasons = reasons(&html, None);
        reasons[4..reasons.len() - 4].to_vec()
    };
    let picture = "<img src=/deck.jpg width=600 height=400>";
    let pitch = "<div>Our letter on bridges comes each Friday at noon, with all that their keepers have told us since the last one.</div><form><input type=email></form>";
    assert_eq!(behind(pitch), [Some("label")]);
    assert_eq!(among(pitch), [Some("label")]);
    let caption = format!(
        "{picture}<div>The deck of the bridge is seen here from below, where the rust is worst, on a morning before the works.</div><p>Photo: Jane Doe</p>"
    );
    assert_eq!(among(&caption)[0], Some("caption"), "with whose picture it is");
    let author = format!(
        "{picture}<div>Jane Doe writes about bridges and their keepers for us, and has seen more of them than there are in the county.</div>"
    );
    assert!(behind(&author)[0].is_some(), "who wrote the story is no part of it");
}

#[test]
fn a_line_above_the_story_is_a_date_a_label_or_its_beginning() {
    let above = |line: &str| reasons(&format!("<main>{line}{STORY}</main>"), None)[0];
    for (line, expected) in [
        ("<p>5 March 2024</p>", Some("date")),
        ("<p>Published: 5 March 2024, 10:15</p>", Some("date")),
        ("<p>On 5 March 2024 the works on the old bridge began at last.</p>", None),
        ("<p>Works at Quay Bridge, 5 March 2024.</p>", Some("date")),
        ("<p>Bridges</p>", Some("tags")),
        ("<p>The works began. They are late.</p>", None),
        ("<h2>Deadlines in 2025</h2>", None),
        ("<p><b>Deadlines in 2025</b></p>", None),
    ] {
        assert_eq!(above(line), expected, "{line}");
    }
}

#[test]
fn a_deck_is_kept_though_it_looks_like_a_label() {
    let html = format!("<main><p>Bridges and rust</p>{STORY}</main>");
    assert_eq!(reasons(&html, None)[0], Some("tags"));
    let mut outline = outline(&tree::parse(&html).html, &Default::default(), &mut Default::default());
    outline.inherit(None, |block| block.weight as f32);
    let titles = Titles::default();
    let body = Body { blocks: vec![0, 1, 2], deck: vec![0], ..Body::default() };
    let known = Known { opinions: &[None; 3], ..Known::titles(&titles) };
    assert!(judge(&outline, &body, &known).iter().all(|(_, reason)| reason.is_none()));
}

#[test]
fn a_list_of_links_is_the_sites_and_a_list_with_links_in_it_is_the_storys() {
    let list = |items: &[&str]| {
        let items: String = items.iter().map(|item| format!("<li>{item}</li>")).collect();
        let reasons = reasons(&format!("<main>{STORY}<ul>{items}</ul>{STORY}</main>"), None);
        reasons[2..2 + items.matches("<li>").count()].to_vec()
    };
    let (first, second) =
        ("<a href=/wheels>The wheels of the bridge</a>", "<a href=/works>The works of the autumn</a>");
    assert_eq!(list(&[first, second]), [Some("related-links"); 2]);
    // some twenty of a hundred and thirty letters
    let told = format!("{first} are greased by hand on a Monday, and nobody has counted how often that was");
    assert_eq!(list(&[&told, &told]), [None; 2]);
}

/// What is decided of the last paragraph of a story by Jane Doe in the Quay Post.
fn last_of(story: &str, last: &str) -> Option<&'static str> {
    *authored(story, last).last().unwrap()
}

/// What is decided of all of it.
fn authored(story: &str, last: &str) -> Vec<Option<&'static str>> {
    let mut outline = outline(
        &tree::parse(&format!("<main>{story}{last}</main>")).html,
        &Default::default(),
        &mut Default::default(),
    );
    outline.inherit(None, |block| block.weight as f32);
    let blocks: Vec<usize> = (0..outline.blocks.len()).collect();
    let titles = Titles::default();
    let authors = ["jane doe".to_owned(), "ada".to_owned()];
    let known = Known { authors: &authors, site: "quaypost.example", ..Known::titles(&titles) };
    let verdicts = judge(&outline, &Body { blocks, ..Body::default() }, &known);
    verdicts.iter().map(|(_, reason)| reason.map(Reason::as_str)).collect()
}

#[test]
fn who_wrote_a_story_is_said_behind_it() {
    let story = STORY.repeat(2);
    for (last, expected) in [
        ("Jane Doe writes about bridges and rivers.", true),
        ("By Jane Doe, who writes about bridges.", true),
        ("Jane Doe’s book on bridges is out now.", true),
        ("John Smith writes about bridges and rivers.", false),
        ("The bridge was drawn by Jane Doe for us all.", false),
        ("Jane Doering keeps the bridge since the spring.", false),
        ("Jane Doe said “No” when we had asked her.", false),
        ("Ada keeps the bridge since the last spring.", false),
        ("Write to us at desk@quaypost.example about it.", true),
        ("Write to Jane at mail@letters.example about it.", true),
        ("Contact: desk@letters.example", true),
        ("Witnesses may write to help@police.example today.", false),
        ("The keepers meet @noon, and sell at 3@2 a wheel.", false),
    ] {
        assert_eq!(last_of(&story, &format!("<p>{last}</p>")).is_some(), expected, "{last}");
    }
    assert_eq!(last_of("", "<p>Jane Doe writes about bridges and rivers.</p>"), None, "it is all that there is");
}

#[test]
fn what_the_site_says_is_believed_unless_other_evidence_holds_it_to_be_the_story() {
    let mut outline = outline(
        &tree::parse(&format!("<main>{STORY}{STORY}</main>")).html,
        &Default::default(),
        &mut Default::default(),
    );
    outline.inherit(None, |block| block.weight as f32);
    let titles = Titles::default();
    let opinions = [None, Some(true), Some(true), Some(false)];
    let known = Known { opinions: &opinions, anchored: &[false, false, true, false], ..Known::titles(&titles) };
    let verdicts = judge(&outline, &Body { blocks: vec![0, 1, 2, 3], ..Body::default() }, &known);
    let reasons: Vec<_> = verdicts.iter().map(|(_, reason)| reason.map(Reason::as_str)).collect();
    assert_eq!(reasons, [None, Some("site-repeats"), None, None]);
}

#[test]
fn marks_and_headlines_are_no_text() {
    let html = format!("<main><h1>The bridge</h1>{STORY}<p>* * *</p>{STORY}<h1>The works</h1>{STORY}<p>■</p></main>");
    let reasons = reasons(&html, None);
    assert_eq!(reasons[0], Some("title"));
    assert_eq!([reasons[3], reasons[9]], [Some("label"); 2]);
    assert_eq!(reasons[6], None, "a section of the story");
}

#[test]
fn a_byline_is_little_but_a_name_or_begins_like_one() {
    let long =
        "and many other keepers of bridges from all over the county, who met on a Monday in the old hall by the sea";
    for (line, expected) in [
        ("Jane Doe", true),
        ("Jane Doe, clerk", true),
        ("Jane Doe, writer", false),
        ("By Jane Doe and others in the old town hall by the sea", true),
        ("Text: Jane Doe and others in the old town hall by the sea", true),
        ("By the keepers of the bridge in the old hall by the sea", false),
        ("How Jane Doe and others keep the old town hall by the sea", false),
        (&format!("By Jane Doe {long} for a day, a night and another day in the autumn of the year"), false),
    ] {
        let reasons = authored(&format!("<p>{line}</p>"), &STORY.repeat(2));
        assert_eq!(reasons[0] == Some("byline"), expected, "{line}: {:?}", reasons[0]);
    }
}

#[test]
fn a_line_that_is_a_link_leads_elsewhere_unless_it_unfolds_an_answer() {
    for (line, expected) in [
        ("<a href=/wheels>Where are the forty wheels now?</a>", Some("related-links")),
        ("<a href=#wheels>Where are the forty wheels now?</a>", None),
        ("<a href=/wheels>The forty wheels of the old bridge</a>", Some("related-links")),
        ("Read too: <a href=/wheels>The forty wheels of the old bridge</a>", Some("related-links")),
        ("Asked <a href=/wheels>where the wheels are</a>, he shows us forty of them on the deck.", None),
    ] {
        let reasons = reasons(&format!("<main>{STORY}<p>{line}</p>{STORY}</main>"), None);
        assert_eq!(reasons[2], expected, "{line}");
    }
}

#[test]
fn every_weight_is_that_of_a_sign() {
    let names: std::collections::HashSet<String> = signs::Sign::all().map(|sign| sign.to_string()).collect();
    let weights: Vec<&str> = include_str!("weights.txt").lines().filter(|line| !line.starts_with('#')).collect();
    assert!(weights.len() > 100, "{}", weights.len());
    for line in weights {
        let (name, weight) = line.rsplit_once(' ').unwrap();
        assert!(weight.parse::<f32>().is_ok_and(f32::is_finite), "{line}");
        assert!(name.starts_with("word=") || names.contains(name), "{line}");
    }
}

#[test]
fn a_sign_has_one_name() {
    let signs: Vec<String> = signs::Sign::all().map(|sign| sign.to_string()).collect();
    let names: std::collections::HashSet<&String> = signs.iter().collect();
    assert_eq!(names.len(), signs.len());
    assert!(signs.contains(&"place=5 kind=item".to_owned()) && signs.contains(&"is=in-item".to_owned()));
}

#[test]
fn a_mark_of_the_writer_behind_the_story_is_dropped_and_a_table_is_not_cut() {
    let behind = |html: &str| reasons(&format!("<main>{STORY}{STORY}{html}</main>"), None)[4..].to_vec();
    assert_eq!(behind("<p><i>la/kh</i></p>"), [Some("evidence")]);
    let rows: String = (1..5).map(|n| format!("<tr><td>Wheel {n}</td><td>{n} t</td></tr>")).collect();
    assert_eq!(behind(&format!("<table><tr><th>Part</th><th>Load</th></tr>{rows}</table>")), [None; 10]);
}
