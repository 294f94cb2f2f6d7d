//! `${NAME}` and `${NAME:-default}` in values.
//!
//! Works on scalars that are already parsed, so that no value can bring in YAML of its own. `$$` is one dollar sign; a
//! dollar sign before anything else is itself, so that passwords and prices rarely need escaping.

use std::borrow::Cow;

/// The environment, as an argument.
pub(super) type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The text with its variables replaced, or what is wrong with it.
pub(super) fn expand<'t>(text: &'t str, env: Env<'_>) -> Result<Cow<'t, str>, String> {
    if !text.contains('$') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            let end = after.find('}').ok_or("`${` without its `}`; write `$$` for a dollar sign")?;
            out.push_str(&variable(&after[..end], env)?);
            rest = &after[end + 1..];
        } else {
            out.push('$');
            rest = rest.strip_prefix('$').unwrap_or(rest);
        }
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// As in a shell, the default of `:-` is for a variable that is unset or empty.
fn variable(inner: &str, env: Env<'_>) -> Result<String, String> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !name.starts_with(letter) || !name.chars().all(|c| letter(c) || c.is_ascii_digit()) {
        return Err(format!("`${{{inner}}}` does not name an environment variable; write `$$` for a dollar sign"));
    }
    match (env(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => {
            Err(format!("environment variable `{name}` is not set; set it, or write `${{{name}:-a default}}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let env = |name: &str| match name {
            "NAME" => Some("value: [x]".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        assert_eq!(expand(text, &env).as_deref().map_err(String::as_str), expected, "{text:?}");
    }

    #[test]
    fn variables_are_put_in() {
        check("plain", Ok("plain"));
        check("a ${NAME} b ${NAME}", Ok("a value: [x] b value: [x]"));
        check("${MISSING:-none}", Ok("none"));
        check("${EMPTY:-none}", Ok("none"));
        check("${EMPTY}", Ok(""));
        check("${MISSING:-}", Ok(""));
        check("$${NAME}", Ok("${NAME}"));
        check("5$ and $x$", Ok("5$ and $x$"));
        check("é${NAME:-ü}ß$$", Ok("évalue: [x]ß$"));
        check("${NAME", Err("`${` without its `}`; write `$$` for a dollar sign"));
        check("${}", Err("`${}` does not name an environment variable; write `$$` for a dollar sign"));
        check("${1}", Err("`${1}` does not name an environment variable; write `$$` for a dollar sign"));
        check("${MISSING}", Err("environment variable `MISSING` is not set; set it, or write `${MISSING:-a default}`"));
    }
}
