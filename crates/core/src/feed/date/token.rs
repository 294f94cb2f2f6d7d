//! The parts of a date: numbers, words, signs; and functions that read them from the start of a text.

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number { value: u64, digits: usize },
    Word(String),
    Sign(char),
}

/// Cuts a date into its parts, in lower case and without comments.
pub(super) fn cut(text: &str) -> Vec<Token> {
    let text = without_comments(text);
    let mut tokens: Vec<Token> = Vec::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match (digit(c), tokens.last_mut()) {
            (Some(d), Some(Token::Number { value, digits })) => {
                *value = value.saturating_mul(10).saturating_add(d);
                *digits += 1;
            }
            (Some(d), _) => tokens.push(Token::Number { value: d, digits: 1 }),
            // a combining mark belongs to its letter, as in the decomposed dotted i of Turkish
            (None, Some(Token::Word(word))) if c.is_alphabetic() || ('\u{300}'..'\u{370}').contains(&c) => word.push(c),
            (None, _) if c.is_alphabetic() => tokens.push(Token::Word(c.to_string())),
            (None, Some(Token::Sign(' '))) if c.is_whitespace() => {}
            (None, _) if c.is_whitespace() => tokens.push(Token::Sign(' ')),
            (None, _) => tokens.push(Token::Sign(match c {
                '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
                '\u{ff1a}' => ':',
                '\u{ff0f}' => '/',
                other => other,
            })),
        }
    }
    tokens
}

/// Comments in parentheses nest and escape in RFC 822 (section 3.4.3); JavaScript writes zone names into them.
fn without_comments(text: &str) -> String {
    let (mut out, mut depth, mut escaped) = (String::with_capacity(text.len()), 0u32, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if depth > 0 => escaped = true,
            '(' | '（' => depth += 1,
            ')' | '）' if depth > 0 => {
                depth -= 1;
                out.push(' ');
            }
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Decimal digits of the scripts that are used for dates.
fn digit(c: char) -> Option<u64> {
    let zero = match c {
        '0'..='9' => '0',
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        '０'..='９' => '０',
        _ => return None,
    };
    Some(u64::from(u32::from(c) - u32::from(zero)))
}

pub(super) fn any_number(tokens: &[Token]) -> Option<(u64, usize, &[Token])> {
    match tokens {
        [Token::Number { value, digits }, rest @ ..] => Some((*value, *digits, rest)),
        _ => None,
    }
}

pub(super) fn number(tokens: &[Token], max_digits: usize) -> Option<(u32, &[Token])> {
    let (value, digits, rest) = any_number(tokens)?;
    (digits <= max_digits).then_some((u32::try_from(value).ok()?, rest))
}

pub(super) fn fraction(tokens: &[Token]) -> (u32, &[Token]) {
    match tokens {
        [Token::Sign('.' | ','), Token::Number { value, digits: digits @ 1..=18 }, rest @ ..] => {
            let power = |n: usize| 10u64.pow(u32::try_from(n).unwrap_or(0));
            let nanos = if *digits <= 9 { value * power(9 - digits) } else { value / power(digits - 9) };
            (u32::try_from(nanos).unwrap_or(0), rest)
        }
        _ => (0, tokens),
    }
}

pub(super) fn sign(tokens: &[Token]) -> char {
    match tokens.first() {
        Some(Token::Sign(sign)) => *sign,
        _ => ' ',
    }
}

pub(super) fn after_sign(tokens: &[Token], sign: char) -> Option<&[Token]> {
    match tokens {
        [Token::Sign(found), rest @ ..] if *found == sign => Some(rest),
        _ => None,
    }
}

pub(super) fn after_space(tokens: &[Token]) -> &[Token] {
    after_sign(tokens, ' ').unwrap_or(tokens)
}

pub(super) fn after_word<'a>(tokens: &'a [Token], marks: &[&str]) -> Option<&'a [Token]> {
    match tokens {
        [Token::Word(word), rest @ ..] if marks.contains(&word.as_str()) => Some(rest),
        _ => None,
    }
}

/// `am`, `p.m.`, `p. m.`
pub(super) fn half_of_day(tokens: &[Token]) -> Option<(bool, &[Token])> {
    let [Token::Word(word), rest @ ..] = tokens else { return None };
    let afternoon = match word.as_str() {
        "am" => return Some((false, rest)),
        "pm" => return Some((true, rest)),
        "a" => false,
        "p" => true,
        _ => return None,
    };
    let rest = after_word(after_space(after_sign(rest, '.')?), &["m"])?;
    Some((afternoon, after_sign(rest, '.').unwrap_or(rest)))
}
