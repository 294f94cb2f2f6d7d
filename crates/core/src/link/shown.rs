//! URLs as they may be shown.

use std::borrow::Cow;

use url::Url;

/// The replacement of a secret.
const HIDDEN: &str = "***";
/// Ends of the names of parameters whose values are secrets, in lower case.
const SECRET_ENDS: &[&str] = &[
    "token",
    "key",
    "keyid",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "signature",
    "credential",
    "credentials",
    "auth",
    "authorization",
];
/// Words that end like these, and are not secrets.
const SECRET_WORDS: &[&str] =
    &["pass", "pwd", "pw", "sig", "sign", "hmac", "jwt", "sid", "session", "sessionid", "otp"];

/// A URL as it may be logged, published and shown: without user name and password, and without the values of parameters
/// whose names mean a secret, in query and fragment.
pub fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        // cannot fail: a URL with a user has a host
        let _ = shown.set_username(HIDDEN);
        let _ = shown.set_password(None);
    }
    if let Some(Cow::Owned(query)) = url.query().map(hidden) {
        shown.set_query(Some(&query));
    }
    if let Some(Cow::Owned(fragment)) = url.fragment().map(hidden) {
        shown.set_fragment(Some(&fragment));
    }
    shown.into()
}

/// The same for a text that is, or was, a URL; any other text is unchanged.
pub fn shown_text(text: &str) -> String {
    Url::parse(text).map_or_else(|_| text.to_owned(), |url| shown(&url))
}

/// Pairs with secret values replaced; owned if there were any.
fn hidden(pairs: &str) -> Cow<'_, str> {
    let secret = |pair: &str| pair.split_once('=').is_some_and(|(name, value)| !value.is_empty() && is_secret(name));
    if !pairs.split(['&', ';']).any(secret) {
        return Cow::Borrowed(pairs);
    }
    let hide = |pair: &str| {
        let end = if pair.ends_with(['&', ';']) { &pair[pair.len() - 1..] } else { "" };
        match pair.strip_suffix(end).unwrap_or(pair) {
            pair if secret(pair) => format!("{}={HIDDEN}{end}", pair.split('=').next().unwrap_or_default()),
            pair => format!("{pair}{end}"),
        }
    };
    Cow::Owned(pairs.split_inclusive(['&', ';']).map(hide).collect())
}

/// Whether the name of a parameter says that its value is secret: `access_token`, `apiKey`, `X-Amz-Signature`,
/// `auth[pw]`.
fn is_secret(name: &str) -> bool {
    let decoded = url::form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| name.into_owned());
    let name = decoded.unwrap_or_default();
    words(&name).any(|word| SECRET_WORDS.contains(&word.as_str()) || SECRET_ENDS.iter().any(|end| word.ends_with(end)))
}

/// The words of a name, in lower case: `X-Amz-Signature`, `accessToken` and `access_token` have several.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() { c } else { ' ' });
        before = c;
    }
    let words: Vec<String> = spaced.split_whitespace().map(str::to_lowercase).collect();
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_nothing_else() {
        for (url, expected) in [
            ("https://example.com/feed?token=hunter2", "https://example.com/feed?token=***"),
            ("https://example.com/feed?id=7&API_KEY=hunter2&b=2", "https://example.com/feed?id=7&API_KEY=***&b=2"),
            ("https://example.com/feed?apikey=a=b", "https://example.com/feed?apikey=***"),
            (
                "https://example.com/?access_token=a&refreshToken=b",
                "https://example.com/?access_token=***&refreshToken=***",
            ),
            (
                "https://example.com/?X-Amz-Credential=a%2Fb&X-Amz-Date=1",
                "https://example.com/?X-Amz-Credential=***&X-Amz-Date=1",
            ),
            (
                "https://example.com/?AWSAccessKeyId=a&Signature=b&Expires=1",
                "https://example.com/?AWSAccessKeyId=***&Signature=***&Expires=1",
            ),
            ("https://example.com/?sv=1&sig=abc", "https://example.com/?sv=1&sig=***"),
            ("https://example.com/?auth=a&user=b&pass=c", "https://example.com/?auth=***&user=b&pass=***"),
            ("https://example.com/?%74oken=a", "https://example.com/?%74oken=***"),
            ("https://example.com/?auth%5Bpw%5D=a", "https://example.com/?auth%5Bpw%5D=***"),
            ("https://example.com/?a=1;password=b;c=2", "https://example.com/?a=1;password=***;c=2"),
            ("https://example.com/?token=a&token=b", "https://example.com/?token=***&token=***"),
            ("https://example.com/#access_token=a&b=c", "https://example.com/#access_token=***&b=c"),
            ("https://me:hunter2@example.com/feed", "https://***@example.com/feed"),
            ("https://hunter2@example.com/feed", "https://***@example.com/feed"),
            // not secrets
            ("https://example.com/feed?id=7&&b=", "https://example.com/feed?id=7&&b="),
            ("https://example.com/?token=", "https://example.com/?token="),
            ("https://example.com/?token", "https://example.com/?token"),
            (
                "https://example.com/?author=a&keyword=b&design=c&authority=d",
                "https://example.com/?author=a&keyword=b&design=c&authority=d",
            ),
            ("https://example.com/?compass=north&passage=1", "https://example.com/?compass=north&passage=1"),
            ("https://example.com/token=a?q=b%20c", "https://example.com/token=a?q=b%20c"),
        ] {
            assert_eq!(shown_text(url), expected);
        }
        assert_eq!(shown_text("no URL"), "no URL");
    }

    proptest::proptest! {
        #[test]
        fn what_is_shown_holds_no_secret_and_can_be_shown_again(
            before in "([a-z]{1,5}=[a-z0-9%+]{0,5}[&;]){0,3}",
            name in "(x[-_])?(token|api[-_]?key|secret|password|sig)",
            value in "[A-Z0-9]{12}",
            after in "([&;][a-z]{1,5}=[a-z0-9%+]{0,5}){0,3}",
        ) {
            let once = shown_text(&format!("https://u:{value}@example.com/?{before}{name}={value}{after}#{name}={value}"));
            proptest::prop_assert!(!once.contains(&value), "{}", once);
            proptest::prop_assert_eq!(shown_text(&once), once);
        }
    }
}
