//! What a site may and may not come to believe.

use super::*;

fn page(path: &str, paragraphs: &[&str]) -> (Outline, SiteObservation) {
    let html: String = paragraphs.iter().map(|text| format!("<div class=story><p>{text}</p></div>")).collect();
    let outline = crate::article::outline::outline(
        &crate::article::tree::parse(&html).html,
        &Default::default(),
        &mut Default::default(),
    );
    let body = Body { scope: 0, blocks: (0..outline.blocks.len()).collect(), ..Body::default() };
    let url = Url::parse(&format!("https://example.com{path}")).unwrap();
    let observation = SiteObservation::of_page(&url, &outline, &body, &[], &all(&body));
    (outline, observation)
}

/// Verdicts that keep all of a body.
fn all(body: &Body) -> Vec<Verdict> {
    body.blocks.iter().map(|&at| (at, None)).collect()
}

fn says(site: &Site, text: &str) -> Option<bool> {
    let (outline, _) = page("/asked", &[text]);
    site.opinions(&outline).first().copied().flatten()
}

#[test]
fn two_pages_prove_nothing_and_three_do() {
    let mut site = Site::default();
    for n in 0..3 {
        assert_eq!(says(&site, "Get our app for more."), None, "after {n} pages");
        site.learn(&page(&format!("/{n}"), &["Get our app for more.", &format!("Story number {n} is told here.")]).1);
    }
    assert_eq!(says(&site, "Get our app for more."), Some(true));
    assert_eq!(says(&site, "Story number 1 is told here."), None);
}

#[test]
fn two_pages_prove_a_sentence() {
    let pitch = "Our members pay for this newsroom, and you can join them for the price of a coffee.";
    let story =
        |n: usize| format!("Story number {n} is told here, at such a length that it is taken for a story's own prose.");
    let mut site = Site::default();
    for n in 0..2 {
        let own = story(n);
        site.learn(&page(&format!("/{n}"), &[pitch, "What happens next", &own, &own.to_uppercase()]).1);
        let (outline, _) = page("/asked", &[pitch, "What happens next", &story(7), &story(8)]);
        let says = site.opinions(&outline);
        assert_eq!(says[0], (n > 0).then_some(true), "after {n} pages");
        assert_eq!(says[1..], [None; 3], "stories share subheads");
    }
}

#[test]
fn the_same_article_read_again_teaches_nothing() {
    let mut site = Site::default();
    for _ in 0..10 {
        site.learn(&page("/one", &["A sentence of the story itself."]).1);
    }
    assert_eq!(says(&site, "A sentence of the story itself."), None);
}

#[test]
fn long_paragraphs_are_never_the_sites() {
    let mut site = Site::default();
    let long = "A long paragraph that a wire service sent to everybody. ".repeat(15);
    for n in 0..5 {
        site.learn(&page(&format!("/{n}"), &[&long]).1);
    }
    assert_eq!(says(&site, &long), None);
}

#[test]
fn the_order_of_pages_changes_nothing() {
    let observations: Vec<SiteObservation> =
        (0..20).map(|n| page(&format!("/{n}"), &["Shared line.", &format!("Own line {n}.")]).1).collect();
    let learn = |observations: &mut dyn Iterator<Item = &SiteObservation>| {
        let mut site = Site::default();
        observations.for_each(|observation| {
            site.learn(observation);
        });
        site.articles.sort_unstable();
        site
    };
    assert_eq!(learn(&mut observations.iter()), learn(&mut observations.iter().rev()));
}

#[test]
fn knowledge_is_bounded_and_fades() {
    let mut site = Site::default();
    for n in 0..3 {
        site.learn(&page(&format!("/{n}"), &["An old pitch of the site."]).1);
    }
    for n in 10..400 {
        let own: Vec<String> = (0..40).map(|i| format!("Line {i} of story number {n}.")).collect();
        site.learn(&page(&format!("/{n}"), &own.iter().map(String::as_str).collect::<Vec<_>>()).1);
        assert!(serde_json::to_string(&site).unwrap().len() <= 16 * 1024);
    }
    assert_eq!(says(&site, "An old pitch of the site."), None, "forgotten");
}

#[test]
fn a_redesign_is_noticed_once() {
    let mut site = Site::default();
    for n in 0..30 {
        let observation = page(&format!("/{n}"), &["Shared line of the site."]).1;
        assert_eq!(site.learn(&observation), Learned::Something);
        assert_eq!(site.learn(&observation), Learned::Nothing, "the same page again");
    }
    let redesigned = (0..12).filter(|n| {
        let (mut outline, _) = page("/", &["Another story."]);
        outline.elements.iter_mut().for_each(|element| element.label ^= 77 + n);
        let body = Body { scope: 0, blocks: vec![0], ..Body::default() };
        let url = Url::parse(&format!("https://example.com/new/{n}")).unwrap();
        site.learn(&SiteObservation::of_page(&url, &outline, &body, &[], &all(&body))) == Learned::Redesign
    });
    assert_eq!(redesigned.count(), 1);
    assert_eq!(says(&site, "Shared line of the site."), None);
}

#[test]
fn places_are_learned_from_labels_alone() {
    let mut site = Site::default();
    let html =
        "<div class=story><p>Told in full by the feed.</p></div><div class=pitch><p>Buy something now.</p></div>";
    let outline = crate::article::outline::outline(
        &crate::article::tree::parse(html).html,
        &Default::default(),
        &mut Default::default(),
    );
    let body = Body { scope: 0, blocks: vec![0, 1], ..Body::default() };
    for n in 0..6 {
        let url = Url::parse(&format!("https://example.com/{n}")).unwrap();
        site.learn(&SiteObservation::of_page(&url, &outline, &body, &[true, false], &all(&body)));
        site.paragraphs.clear();
    }
    assert_eq!(site.opinions(&outline), [Some(false), Some(true)]);
}

#[test]
fn a_story_published_again_is_no_boilerplate() {
    let story = [
        "A sentence of a wire story that one site publishes under many addresses of its own.",
        "Another sentence of the same wire story, which is long enough to be taken for prose.",
    ];
    let mut site = Site::default();
    for n in 0..5 {
        site.learn(&page(&format!("/{n}"), &story).1);
    }
    assert!(site.opinions(&page("/asked", &story).0).is_empty());
}

/// After 40 usual pages, how many of these it takes until a new design is noticed; none if it is not.
fn noticed_after(observations: impl Iterator<Item = SiteObservation>) -> Option<usize> {
    let mut site = Site::default();
    for n in 0..40 {
        site.learn(&page(&format!("/{n}"), &["A sentence of a story that is as long as usual."; 8]).1);
    }
    observations
        .map(|observation| site.learn(&observation))
        .position(|learned| learned == Learned::Redesign)
        .map(|at| at + 1)
}

#[test]
fn a_redesign_shows_in_what_is_left_of_the_texts() {
    let url = |n: usize| Url::parse(&format!("https://example.com/new/{n}")).unwrap();
    let reason = |reason| (0..20).map(move |n| SiteObservation::without_story(&url(n), reason));
    assert_eq!(noticed_after(reason(NoArticleReason::NoText)), Some(8), "no story any more");
    assert_eq!(noticed_after(reason(NoArticleReason::Wall)), None, "a wall is none of its doing");
    let short = |n: usize| page(&format!("/new/{n}"), &["A brief."]).1;
    assert_eq!(noticed_after((0..20).map(short)), Some(8), "hardly any text");
    let dropped =
        |n: usize| SiteObservation { share: 20, ..page(&format!("/new/{n}"), &["A sentence of a story."; 8]).1 };
    assert_eq!(noticed_after((0..20).map(dropped)), Some(8), "most of it is taken out");
    let half = |n: usize| page(&format!("/new/{n}"), &["A sentence of a story that is as long as usual."; 3]).1;
    assert_eq!(noticed_after((0..20).map(half)), None, "shorter stories are stories");
    let now_and_then = |n: usize| if n % 7 == 6 { half(n) } else { short(n) };
    assert_eq!(noticed_after((0..40).map(now_and_then)), None, "briefs among stories are no redesign");
}
