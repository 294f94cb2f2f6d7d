use super::*;

const FIRST: &str = "The pilots of the estuary have asked for a second lantern on the rock, where two coasters ran aground in the fog of a single week.";
const SECOND: &str = "A lantern of that size would cost some four hundred thousand crowns, and would need a keeper of its own for the first of its winters.";
const OTHER: &str =
    "The ferry over the estuary will run on methanol from next spring, and will be no slower for it than it was.";

fn told(markup: &str) -> Option<String> {
    let home = crate::article::outline::Home::default();
    let titles = Titles::new(["Pilots ask for a lantern"]);
    let story = story(markup, &titles)?;
    let article = crate::article::entry::cleaned(&story, &home, &titles, &crate::article::Site::default());
    article.map(|article| article.text)
}

#[test]
fn stories_are_found_in_data_of_many_forms() {
    let whole = format!("{FIRST}\n\n{SECOND}");
    let data = |body: &str| {
        format!(
            r#"{{"props":{{"user":null,"more":[{{"title":"Ferry","body":"{OTHER} {OTHER} {OTHER}"}}],
            "page":{{"id":"a1","title":"Pilots ask for a lantern","body":{body}}}}}}}"#
        )
    };
    for body in [
        format!(r#""<p>{FIRST}</p>\n<p>{SECOND}<\/p>""#),
        format!(r#""{FIRST}\n\n{SECOND}""#),
        format!(r#"["{FIRST}", "{SECOND}"]"#),
        format!(
            r#"[{{"type":"paragraph","text":"{FIRST}"}},{{"type":"image","caption":"The rock at low water, seen from the cutter."}},{{"type":"paragraph","text":"{SECOND}"}}]"#
        ),
        format!(
            r#"{{"blocks":[{{"__typename":"Text","data":{{"html":"<p>{FIRST}</p>"}}}},{{"__typename":"RelatedStories","items":[{{"html":"<p>{OTHER}</p>"}}]}},{{"__typename":"Text","data":{{"html":"<p>{SECOND}</p>"}}}}]}}"#
        ),
        format!(
            r#"[{{"type":"p","children":[{{"text":"The pilots of "}},{{"type":"link","url":"/e","children":[{{"text":"the estuary"}}]}},{{"text":"{}"}}]}},{{"type":"p","children":[{{"text":"{SECOND}"}}]}}]"#,
            &FIRST[25..]
        ),
    ] {
        let json = data(&body);
        for markup in [
            format!("<script id=\"__NEXT_DATA__\" type=\"application/json\">{json}</script>"),
            format!("<p>x</p><script>\n window.__STORY_STATE__ = {json};\n(function(){{ run() }})()</script>"),
            format!("<script>var a = 1;</script><script type='text/json'>{json}"),
        ] {
            assert_eq!(told(&markup).as_deref(), Some(whole.as_str()), "{markup}");
        }
    }
}

#[test]
fn data_that_is_not_the_story_is_left() {
    let long = format!("{OTHER} {OTHER} {OTHER}");
    for script in [
        format!(r#"{{"title":"Ferry","body":"{long}"}}"#),
        format!(r#"{{"title":"Pilots ask for a lantern","body":"{SECOND}"}}"#),
        format!(r#"{{"title":"Pilots ask for a lantern","ids":["a1","a2"]}} {long}"#),
        format!(r#"f({{"title":"Pilots ask for a lantern","body":"{long}"}})"#),
        format!(r#"{{"title":"Pilots ask for a lantern","body":"{long}"#),
        String::new(),
    ] {
        assert_eq!(told(&format!("<script>{script}</script>")), None, "{script}");
    }
}

#[test]
fn hostile_data_costs_little() {
    let deep = "[".repeat(3_000_000);
    let wide = format!("[{}1]", "[\"a\"],".repeat(600_000));
    let alike = format!("[{}1]", "{\"title\":\"Pilots ask for a lantern\",\"body\":\"a b\"},".repeat(60_000));
    let mut nested = String::new();
    for _ in 0..50 {
        nested.push_str("{\"title\":\"Pilots ask for a lantern\",\"body\":");
    }
    nested.push_str(&format!("\"{}\"{}", "Nobody came. ".repeat(100_000), "}".repeat(50)));
    let start = std::time::Instant::now();
    for data in [deep, wide, alike, nested] {
        told(&format!("<script>{data}</script>"));
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
