use super::*;
use crate::article::{Field, Source};

fn article() -> Article {
    let mut sources = Sources::default();
    sources.note(Field::Title, Source::Heading);
    Article { sources, title: Some("Bridge reopens".to_owned()), text: "One.\n\nTwo.".to_owned(), ..Article::default() }
}

fn provenance(revision: u32) -> Provenance {
    Provenance {
        id: id("example.com", 7),
        revision,
        url: Some("https://example.com/a".to_owned()),
        site: "example.com".to_owned(),
        fallback_reason: None,
        feeds: vec![],
        entry: Told::default(),
        discovered_at: DateTime::UNIX_EPOCH,
        fetched_at: None,
        recorded_at: DateTime::UNIX_EPOCH,
    }
}

#[test]
fn ids_are_stable_and_belong_to_their_site() {
    assert_eq!(id("example.com", 7), "3383118b0741633c78b278fafa05a181");
    assert_ne!(id("example.com", 7), id("example.org", 7));
    assert_ne!(id("example.com", 7), id("example.com", 8));
}

#[test]
fn a_message_has_the_headers_of_the_cloud_events_binding() {
    let message = Record::new(article(), provenance(2)).message();
    let header = |name: &str| message.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(message.key, id("example.com", 7));
    assert_eq!(header("ce_type"), Some("copydesk.article.revised.v1"));
    assert_eq!(header("ce_id"), Some(format!("{}/2", message.key).as_str()));
    assert_eq!(header("ce_time"), Some("1970-01-01T00:00:00.000Z"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert!(!message.payload.contains(&b'\n'), "one line a document");
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    for (name, schema) in [("record", record_schema()), ("reject", reject_schema())] {
        let path = format!("{}/schema/{name}.v{VERSION}.json", env!("CARGO_MANIFEST_DIR"));
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let fresh = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        assert!(kept == fresh, "{path} is out of date: `cargo run -- schema {name} > {path}` and review the change");
    }
}

#[test]
fn the_docs_and_the_schema_name_every_source() {
    let (docs, schema) = (include_str!("../../docs/record.md"), record_schema().to_string());
    for name in Source::ALL.map(|source| format!("`{}`", source.as_str())) {
        assert!(docs.contains(&name) && schema.contains(&name), "{name}");
    }
}

#[test]
fn a_record_fits_its_schema() {
    let validator = jsonschema::draft202012::new(&record_schema()).unwrap();
    let record = Record::new(article(), provenance(1));
    validator.validate(&serde_json::to_value(&record).unwrap()).unwrap();
    assert_eq!(record.sources["title"], "h1");
    let mut broken = serde_json::to_value(&record).unwrap();
    broken["revision"] = "one".into();
    assert!(validator.validate(&broken).is_err());
}
