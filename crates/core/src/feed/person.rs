//! People as feeds name them: `Name <mail>`, `mail (Name)`, `mailto:mail`, or a name alone.

use super::Person;

/// Longer than any name; longer text is a paragraph in the wrong place.
const MAX_NAME: usize = 200;

/// Splits a name from an address. None, if the text has neither.
pub(super) fn read(text: &str) -> Option<Person> {
    let text = text.trim();
    let address = text
        .split(|c: char| c.is_whitespace() || "<>()[],;\"（）".contains(c))
        .map(|word| word.strip_prefix("mailto:").unwrap_or(word))
        .find(|word| is_address(word));
    let Some(email) = address else {
        return (!text.is_empty() && text.len() <= MAX_NAME)
            .then(|| Person { name: Some(crate::text::line(text)), email: None });
    };
    let rest = text.replacen(email, " ", 1).replacen("mailto:", " ", 1);
    let name = crate::text::line(rest.trim_matches(|c: char| c.is_whitespace() || "<>()[],;:\"（）-–".contains(c)));
    let name = Some(name).filter(|name| !name.is_empty() && name.len() <= MAX_NAME);
    Some(Person { name, email: Some(email.to_owned()) })
}

fn is_address(word: &str) -> bool {
    word.len() <= 254
        && word.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains(['@', '/']) && !domain.ends_with('.')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_split_from_its_name() {
        for (text, name, email) in [
            ("Jane Doe", Some("Jane Doe"), None),
            ("jane@example.com (Jane Doe)", Some("Jane Doe"), Some("jane@example.com")),
            ("Jane Doe <jane@example.com>", Some("Jane Doe"), Some("jane@example.com")),
            ("\"Doe, Jane\" <mailto:jane@example.com>", Some("Doe, Jane"), Some("jane@example.com")),
            ("foo@example.com（山田）", Some("山田"), Some("foo@example.com")),
            ("jane@example.com", None, Some("jane@example.com")),
            ("@jane", Some("@jane"), None),
            ("Jane\n (editor) ", Some("Jane (editor)"), None),
        ] {
            let expected = Person { name: name.map(str::to_owned), email: email.map(str::to_owned) };
            assert_eq!(read(text), Some(expected), "{text}");
        }
        assert_eq!(read("  "), None);
    }
}
