//! What a robots.txt allows, by the sections of RFC 9309.
//!
//! Google's own cases (`google/robotstxt-spec-test`) differ from these where the RFC says otherwise than they do: octets
//! that need no encoding are the same encoded (section 2.2.2), and so is `/robots.txt` always allowed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use copydesk::fetch::robots::allows;
use url::Url;

/// Checks what a file says of paths: `+` before those that may be asked for, `-` before those that may not.
#[track_caller]
fn check(file: impl AsRef<[u8]>, verdicts: &str) {
    let file = file.as_ref();
    for verdict in verdicts.split_whitespace() {
        let (expected, path) = (verdict.starts_with('+'), &verdict[1..]);
        let url = Url::parse(&format!("https://news.example{path}")).unwrap();
        assert_eq!(allows(file, &url), expected, "{path} in {:?}", String::from_utf8_lossy(file));
    }
}

/// The same for rules that hold for everyone.
#[track_caller]
fn rules(rules: &str, verdicts: &str) {
    check(format!("User-agent: *\n{rules}\n"), verdicts);
}

#[test]
fn section_2_1_records_and_groups() {
    check("", "+/ +/a");
    check("\n\n# nothing\n", "+/a");
    // rules without a group bind nobody
    check("Disallow: /", "+/ +/a");
    check("Disallow: /a\nUser-agent: *\nDisallow: /b", "+/a -/b");
    // several names for one group, whatever is between their lines
    check("User-agent: other\nUser-agent: copydesk\nDisallow: /a", "-/a +/b");
    check("User-agent: copydesk\nUser-agent: other\nDisallow: /a", "-/a +/b");
    check("User-agent: copydesk\n\n# and\n\nUser-agent: other\n\nDisallow: /a", "-/a +/b");
    check("User-agent: copydesk\nDisallow: /a\nUser-agent: other\nDisallow: /b", "-/a +/b");
    check("User-agent: other\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "+/a -/b");
    // an empty line ends no group
    check("User-agent: *\n\nDisallow: /a\n\nDisallow: /b", "-/a -/b");
    // a group without rules allows everything
    check("User-agent: copydesk\n", "+/a");
    check("User-agent: copydesk\nDisallow:\nUser-agent: *\nDisallow: /", "+/a");
}

#[test]
fn section_2_2_1_the_user_agent_line() {
    for line in ["User-agent: copydesk", "user-agent:copydesk", "USER-AGENT : CopyDesk", "User-Agent:\tCOPYDESK # us"] {
        check(format!("{line}\nDisallow: /a"), "-/a +/b");
    }
    // what follows the product token says nothing
    for line in ["copydesk/1.0", "copydesk (polite)", "copydesk*", "copydesk/0.1 (+https://copydesk.example)"] {
        check(format!("User-agent: {line}\nDisallow: /a"), "-/a +/b");
    }
    // the token is compared whole
    for line in ["copy", "desk", "copydesk-news", "copydesk_", "xcopydesk", "copy desk", "a copydesk", ""] {
        check(format!("User-agent: {line}\nDisallow: /a"), "+/a");
    }
    // groups of the same name are one group
    check(
        "User-agent: copydesk\nDisallow: /a\nUser-agent: other\nDisallow: /c\nUser-agent: CopyDesk\nDisallow: /b",
        "-/a -/b +/c",
    );
    check("User-agent: *\nDisallow: /a\nUser-agent: *\nDisallow: /b", "-/a -/b +/c");
    // `*` is for those that no other group names
    check("User-agent: *\nDisallow: /a\nUser-agent: copydesk\nDisallow: /b", "+/a -/b");
    check("User-agent: copydesk\nDisallow: /b\nUser-agent: *\nDisallow: /a", "+/a -/b");
    check("User-agent: copydesk\nUser-agent: *\nDisallow: /a", "-/a");
    check("User-agent: other\nDisallow: /", "+/a");
}

#[test]
fn section_2_2_2_the_longest_match() {
    rules("Disallow: /", "-/ -/a -/a/b?c +/robots.txt");
    rules("Allow: /", "+/ +/a");
    rules("Disallow:", "+/ +/a");
    rules("Allow:\nDisallow: /a", "-/a +/b");
    rules(
        "Disallow: /fish",
        "-/fish -/fish.html -/fish/salmon -/fishheads -/fish.php?id=1 +/Fish +/catfish +/?id=fish",
    );
    rules("Disallow: /fish/", "-/fish/ -/fish/salmon -/fish/?id=1 +/fish +/fish.html +/Fish/salmon");
    rules("Disallow: /a\nAllow: /a/b", "-/a -/a/c +/a/b +/a/b/c");
    rules("Allow: /a/b\nDisallow: /a", "-/a -/a/c +/a/b +/a/b/c");
    rules("Allow: /a\nDisallow: /a/b/c", "+/a +/a/b -/a/b/c");
    // of rules of the same length, the one that allows
    rules("Disallow: /a\nAllow: /a", "+/a");
    rules("Allow: /a\nDisallow: /a", "+/a");
    rules("Disallow: /page\nAllow: /*.htm", "+/page.htm -/page");
    rules("Allow: /page\nDisallow: /*.htm", "-/page.htm +/page");
    rules("Allow: /$\nDisallow: /", "+/ -/page.htm -/?a");
    // case matters in paths, and not in the names of rules
    rules("Disallow: /X/", "-/X/a +/x/a");
    rules("dISALLOW: /a\naLLOW: /a/b", "-/a +/a/b");
    rules("Disallow : /a\nDisallow\t:\t/b\nDisallow:/c", "-/a -/b -/c +/d");
    // queries are a part of the path, fragments of URLs are not
    rules("Disallow: /a?b=1", "-/a?b=1 -/a?b=12 +/a +/a?b=2 -/a?b=1#top");
    rules("Disallow: /a#b", "-/a -/ab");
    rules("Disallow: /a/./b", "+/a/b");
    rules("Disallow: //a", "-//a +/a");
}

#[test]
fn section_2_2_2_octets() {
    // the RFC's own table: encoded or not, it is the same, except for reserved characters
    rules("Disallow: /foo/bar?baz=quz", "-/foo/bar?baz=quz");
    rules("Disallow: /foo/bar?baz=https://foo.bar", "-/foo/bar?baz=https://foo.bar");
    rules("Disallow: /foo/bar/\u{30c4}", "-/foo/bar/%E3%83%84 -/foo/bar/%e3%83%84 -/foo/bar/\u{30c4}");
    rules("Disallow: /foo/bar/%E3%83%84", "-/foo/bar/%E3%83%84 -/foo/bar/\u{30c4}");
    rules("Disallow: /foo/bar/%e3%83%84", "-/foo/bar/%E3%83%84");
    rules("Disallow: /foo/bar/%62%61%7A", "-/foo/bar/baz -/foo/bar/%62%61%7A");
    rules("Disallow: /foo/bar/baz", "-/foo/bar/%62%61%7a");
    rules("Disallow: /%7Ejoe/", "-/~joe/ -/%7Ejoe/a");
    rules("Disallow: /~joe/", "-/%7ejoe/");
    rules("Disallow: /a%2Fb", "-/a%2Fb -/a%2fb +/a/b");
    rules("Disallow: /a/b", "+/a%2Fb");
    rules("Disallow: /a%3Cd.html", "-/a%3cd.html -/a%3Cd.html");
    rules("Disallow: /caf\u{e9}", "-/caf%C3%A9 +/cafe");
}

#[test]
fn section_2_2_3_special_characters() {
    rules("Disallow: /a # no\nDisallow: /b#c", "-/a -/b -/bx +/c");
    rules("# Disallow: /a", "+/a");
    rules("Disallow: /*", "-/ -/a");
    rules("Disallow: /fish*", "-/fish -/fishheads/yummy.html +/Fish +/catfish");
    rules(
        "Disallow: /*.php",
        "-/index.php -/f.php -/folder/f.php?p -/folder/any.php.file.html -/f.php/ +/ +/windows.PHP",
    );
    rules("Disallow: /*.php$", "-/f.php -/folder/f.php +/f.php?p +/f.php/ +/f.php5 +/windows.PHP");
    rules("Disallow: /fish*.php", "-/fish.php -/fishheads/catfish.php?p +/Fish.PHP");
    rules("Disallow: /a*b*c$", "-/abc -/a1b2c -/abcc +/abcd +/acb");
    rules("Disallow: /***a", "-/a -/x/a +/b");
    rules("Disallow: /a$b", "+/a +/ab");
    rules("Disallow: /a$", "-/a +/ab +/a/ +/a?");
    rules("Disallow: *.gif$", "-/a.gif +/a.gif?x");
    rules("Disallow: /*?", "-/a?b -/?b +/a");
    rules("Disallow: /path/file-with-a-%2A.html", "-/path/file-with-a-%2A.html +/path/file-with-a-x.html");
    rules("Disallow: /a%24", "-/a%24 +/a");
}

#[test]
fn section_2_2_4_other_records() {
    check("Sitemap: https://news.example/s.xml\nUser-agent: copydesk\nDisallow: /a", "-/a");
    check("User-agent: copydesk\nSitemap: https://news.example/s.xml\nDisallow: /a", "-/a +/b");
    check("User-agent: copydesk\nCrawl-delay: 10\nDisallow: /a", "-/a +/b");
    check("User-agent: copydesk\nNoindex: /b\nHost: news.example\nDisallow: /a", "-/a +/b");
    check("User-agent: copydesk\nUnknown\n: /b\nDisallow: /a", "-/a +/b");
    // lines that are none do no harm to those around them
    check("<html>\nUser-agent: *\n<br>\nDisallow: /a\n</html>", "-/a +/b");
    check("User-agent: *\nDisallow: /a\n\u{0}\u{1}\u{2}\nDisallow: /b", "-/a -/b +/c");
}

#[test]
fn section_2_3_bytes() {
    for end in ["\n", "\r", "\r\n", "\n\n", "\r\n\r\n"] {
        check(["User-agent: *", "Disallow: /a", "Allow: /a/b", ""].join(end), "-/a +/a/b +/c");
    }
    check("User-agent: *\nDisallow: /a", "-/a");
    check(b"\xef\xbb\xbfUser-agent: *\nDisallow: /a", "-/a +/b");
    // half a mark is rubbish, and the line after it is not
    check(b"\xef\xbbUser-agent: *\nDisallow: /a", "-/a +/b");
    check(b"User-agent: *\nDisallow: /\xff\xfe\nDisallow: /a", "-/a +/b");
    check(b"User-agent: *\nDisallow: /caf\xe9\nDisallow: /a", "-/a +/b");
}

/// A parser must read 500 KiB at least (section 2.5); so do we, and no more.
#[test]
fn section_2_5_limits() {
    let filler = |bytes: usize| "#".repeat(bytes - 1) + "\n";
    let start = "User-agent: *\n";
    for (bytes, verdict) in [(490, "-/a"), (499, "-/a"), (501, "+/a"), (2000, "+/a")] {
        check(format!("{start}{}Disallow: /a\n", filler(bytes * 1024 - start.len())), verdict);
    }
    let many = "Disallow: /a/long/path/to/a/page/number/*/of/many\n".repeat(10_000);
    check(format!("{start}{many}Disallow: /b\n"), "-/a/long/path/to/a/page/number/7/of/many +/a");
    let stars = format!("Disallow: /{}x\n", "*a".repeat(2_000));
    check(format!("{start}{stars}"), &format!("+/{}", "a".repeat(1_900)));
}
