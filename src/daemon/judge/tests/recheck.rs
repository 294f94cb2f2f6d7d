use super::*;
use crate::daemon::follow::text_of;
use crate::state::Candidate;

const WORDS: [&str; 12] = [
    "harbour", "bridge", "council", "storm", "school", "market", "museum", "railway", "hospital", "library", "theatre",
    "garden",
];

/// A story of twelve paragraphs, of which the first `edited` are different; `numbers` are in it too.
fn story(edited: usize, numbers: u32) -> Article {
    let paragraph = |(n, word): (usize, &&str)| {
        let verb = if n < edited { "was closed by" } else { "is open to" };
        format!("The {word} {verb} those who came, and {numbers} people saw what became of it.")
    };
    article(&WORDS.iter().enumerate().map(paragraph).collect::<Vec<_>>().join("\n\n"))
}

/// A story with no sentence in common.
fn another() -> Article {
    let paragraph = |word: &&str| format!("Nobody has heard of a {word} in the other town since the war.");
    article(&WORDS.iter().map(paragraph).collect::<Vec<_>>().join("\n\n"))
}

/// The same with a headline that the feed does not have.
fn wall() -> Article {
    Article { title: Some("One moment".to_owned()), ..another() }
}

fn short() -> Article {
    article(&story(0, 5).text.split("\n\n").take(6).collect::<Vec<_>>().join("\n\n"))
}

fn page_of(text: &str) -> Option<Print> {
    Some(Print::of_text(text))
}

/// What is known about an article of which `story(0, 5)` was published as revision 2, and only its beginning before
/// that.
fn published() -> Published {
    let (first, last) = (article("first"), story(0, 5));
    Published {
        revision: 2,
        content: text_of(&last).content,
        earlier: vec![text_of(&first).content],
        page: page_of("menu\nstory 5\nend"),
        text: text_of(&last).text,
        length: last.text.len(),
        first_at: now() - TimeDelta::days(1),
        ..Published::default()
    }
}

fn told() -> Published {
    Published { changed_in_feed: true, ..published() }
}

/// An article that was seen before, this long ago.
fn seen(published: Published, content: &Article, ago: TimeDelta) -> Published {
    Published { candidate: Some(Candidate { content: text_of(content).content, at: now() - ago }), ..published }
}

fn judged(published: Published, page: PageOutcome, told: Option<Article>) -> String {
    let entry = Entry { title: Some("Title".to_owned()), ..pending().entry };
    check(&Pending { published: Some(published), entry, ..pending() }, FullText::Auto, page, told)
}

fn gives(article: Article) -> PageRead {
    PageRead { print: page_of("menu\nanother story\nend"), ..page_read(Ok(article)) }
}

#[test]
fn a_revision_says_that_the_publisher_changed_the_story() {
    let (hours, minutes) = (TimeDelta::hours, TimeDelta::minutes);
    let edit = || story(2, 5);
    let numbers = || story(0, 6);
    let same_page = |article| PageRead { print: page_of("menu\nstory 5\nend"), ..gives(article) };
    let numbers_of_page = |article| PageRead { print: page_of("menu\nstory 6\nend"), ..gives(article) };
    let then = |again: Article, read: PageRead| PageRead { again: Some(text_of(&again)), ..read };
    let elsewhere = |read| PageRead { url: "https://example.com/".parse().unwrap(), ..read };
    let moved = Published { url: Some("https://example.com/".to_owned()), ..published() };
    let new_link = Published { has_new_link: true, ..told() };
    let of_feed = |published| Published { is_feed_text: true, ..published };
    let often = |published| Published { day: (now().timestamp().div_euclid(86_400), 6), ..published };
    let unknown = Published { text: None, page: None, ..published() };
    let paywalled = Article { paywalled: true, ..edit() };
    for (what, published, read, expected) in [
        ("the same", published(), gives(story(0, 5)), "unchanged"),
        ("an edit", published(), gives(edit()), "publish 3 Page"),
        ("an edit, seen twice in a row", published(), then(edit(), gives(edit())), "publish 3 Page"),
        ("an edit that a feed told", told(), gives(edit()), "publish 3 Page"),
        // it is read differently now
        ("the page is the same", published(), same_page(edit()), "unchanged"),
        ("the page is the same, and a feed told an edit", told(), same_page(edit()), "unchanged"),
        ("the page says the same in other numbers", published(), numbers_of_page(edit()), "unchanged"),
        // what comes back
        ("an earlier revision", published(), gives(article("first")), "unchanged"),
        ("an earlier revision, and a feed told an edit", told(), gives(article("first")), "unchanged"),
        // numbers
        ("other numbers", published(), gives(numbers()), "seen once"),
        ("other numbers, and a feed told an edit", told(), gives(numbers()), "seen once"),
        ("others again", seen(published(), &story(0, 7), hours(30)), gives(numbers()), "seen once"),
        ("the same for 19 hours", seen(published(), &numbers(), hours(19)), gives(numbers()), "seen once"),
        ("the same for 20 hours", seen(published(), &numbers(), hours(20)), gives(numbers()), "publish 3 Page"),
        // another page
        ("another text elsewhere", published(), elsewhere(gives(another())), "unchanged"),
        ("an edit elsewhere", published(), elsewhere(gives(edit())), "publish 3 Page"),
        ("another text where the last one was", moved, elsewhere(gives(another())), "seen once"),
        // another text
        ("another text", published(), gives(another()), "seen once"),
        ("another for 5 hours", seen(published(), &another(), hours(5)), gives(another()), "seen once"),
        ("another for 6 hours", seen(published(), &another(), hours(6)), gives(another()), "publish 3 Page"),
        ("another that a feed told", told(), gives(another()), "seen once"),
        ("and again after 4 minutes", seen(told(), &another(), minutes(4)), gives(another()), "publish 3 Page"),
        ("a wall for 4 minutes", seen(told(), &wall(), minutes(4)), gives(wall()), "seen once"),
        ("what was told, under another headline", seen(told(), &wall(), hours(6)), gives(wall()), "publish 3 Page"),
        ("another under the new link of the feed", new_link.clone(), gives(another()), "publish 3 Page"),
        ("a wall under the new link of the feed", new_link, gives(wall()), "seen once"),
        ("half of it", published(), gives(short()), "seen once"),
        ("half of it for 6 hours", seen(published(), &short(), hours(6)), gives(short()), "publish 3 Page"),
        ("a teaser", published(), gives(paywalled), "unchanged"),
        // it flips
        ("and back in a moment", published(), then(story(0, 5), gives(edit())), "unchanged"),
        ("another in a moment", published(), then(story(4, 5), gives(edit())), "unchanged"),
        ("back in a moment, told by a feed", told(), then(story(0, 5), gives(edit())), "unchanged"),
        ("another in a moment, told by a feed", told(), then(story(4, 5), gives(edit())), "publish 3 Page"),
        // the feed is the text
        ("the page came too late", of_feed(published()), gives(edit()), "unchanged"),
        ("the page came too late, with an edit", of_feed(told()), gives(edit()), "publish 3 Page"),
        ("six revisions today", often(published()), gives(edit()), "unchanged"),
        ("six revisions today, and a feed tells one more", often(told()), gives(edit()), "unchanged"),
        ("of an article of which nothing is known", unknown, gives(another()), "publish 3 Page"),
    ] {
        assert_eq!(judged(published, PageOutcome::Read(Box::new(read)), None), expected, "{what}");
    }
}

#[test]
fn a_page_that_fails_at_a_recheck_changes_nothing() {
    use NoArticleReason::Wall;
    let content = || from_feed(TextSource::FeedContent, "c");
    for (attempts, page, told, expected) in [
        (0, PageOutcome::Unchanged, None, "unchanged"),
        (0, failed(Reason::Gone), content(), "unchanged"),
        (0, failed(Reason::NotFound), content(), "unchanged"),
        (0, failed(Reason::Timeout), None, "retry in 900 s"),
        (1, failed(Reason::Timeout), None, "retry in 3600 s"),
        (2, failed(Reason::Timeout), None, "unchanged"),
        (0, read(Err(Wall)), content(), "retry in 900 s"),
        (2, read(Err(Wall)), content(), "unchanged"),
        (0, PageOutcome::Unreadable(crate::daemon::work::CpuFailure::TooSlow), None, "unchanged"),
        (0, PageOutcome::NotWanted, None, "unchanged"),
    ] {
        let what = format!("{page:?}, attempt {attempts}");
        let entry = Pending { attempts, published: Some(published()), ..pending() };
        assert_eq!(check(&entry, FullText::Auto, page, told), expected, "{what}");
    }
    // if a feed showed an edit, no other recheck may follow
    for (attempts, since, expected) in [(0, 0, "retry in 60 s"), (8, 20, "retry in 15360 s"), (20, 80, "unchanged")] {
        let entry = Pending { published: Some(told()), ..failing(attempts, TimeDelta::hours(since)) };
        assert_eq!(
            check(&entry, FullText::Auto, failed(Reason::Timeout), None),
            expected,
            "an edit was told: {attempts}"
        );
        assert_eq!(check(&entry, FullText::Auto, failed(Reason::Gone), None), "unchanged");
    }
    let entry = Pending { published: Some(published()), ..pending() };
    let offline = (FullText::Auto, &Schedule::default(), true);
    assert_eq!(check_with(&entry, offline, failed(Reason::Timeout), None), "not asked, retry in 900 s");
}

#[test]
fn the_word_of_a_feed_that_is_the_text_is_enough() {
    let of_feed = |published| Published { is_feed_text: true, ..published };
    let content = |text| from_feed(TextSource::FeedContent, text);
    let often = Published { day: (now().timestamp().div_euclid(86_400), 6), ..told() };
    for (what, published, page, told, expected) in [
        ("an edit", told(), PageOutcome::NotWanted, content("edited"), "publish 3 FeedContent"),
        ("no edit", published(), PageOutcome::NotWanted, content("edited"), "unchanged"),
        ("what comes back", told(), PageOutcome::NotWanted, content("first"), "unchanged"),
        ("nothing", told(), PageOutcome::NotWanted, content(""), "unchanged"),
        ("too often", often, PageOutcome::NotWanted, content("edited"), "unchanged"),
        ("its page is denied", told(), failed(Reason::Denied), content("edited"), "publish 3 FeedContent for denied"),
        (
            "its page is a wall",
            told(),
            read(Err(NoArticleReason::Wall)),
            content("edited"),
            "publish 3 FeedContent for wall",
        ),
    ] {
        assert_eq!(judged(of_feed(published), page, told), expected, "{what}");
    }
    let cut = Pending { content_cut: true, published: Some(of_feed(told())), ..pending() };
    assert_eq!(check(&cut, FullText::Feed, PageOutcome::NotWanted, content("half")), "not asked, retry in 900 s");
}
