//! Every kind of fault in what concerns the client: hosts, limits, what is bound to the origin of a feed.

#[path = "support/faults.rs"]
mod faults;

use faults::{check, check_settings};

#[test]
fn limits_of_answers_and_documents() {
    check_settings(
        "fetch:
  least_rate: 0 B
  max_headers: 2
  max_header: 1 GiB
  max_wire: none
  max_ratio: 1
  max_window: 3 MiB
  page_types: [html, text/html; charset=utf-8]
  max_crawl_delay: 1h
  nat64: [64:ff9b::/97, 10.0.0.0/8, 64:ff9b::/96]
documents: {within: 1h, max_depth: 1, max_elements: 0, max_markup: 1 GiB, depth: 3}
schedule: {max_interval: 2h, unconditional_interval: 3h}",
        &[
            "3:15: `least_rate`: expected 1 B to 16 MiB, found `0 B`",
            "4:16: `max_headers`: expected a whole number from 16 to 1024, found `2`",
            "5:15: `max_header`: expected 1 KiB to 256 KiB, found `1 GiB`",
            "6:13: `max_wire`: expected a size such as 2 MiB, or off, found `none`",
            "7:14: `max_ratio`: expected a whole number from 10 to 100000, found `1`",
            "8:15: `max_window`: expected a power of two, such as 8 MiB, found `3 MiB`",
            "9:16: `page_types`: expected a content type such as text/html, found `html`",
            "9:22: `page_types`: expected a content type such as text/html, found `text/html; charset=utf-8`",
            "10:20: `max_crawl_delay`: expected 0s to 10m, found `1h`",
            "11:11: `nat64`: expected a prefix of NAT64 of 32, 40, 48, 56, 64 or 96 bits, such as 64:ff9b:1::/96, found `64:ff9b::/97`",
            "11:25: `nat64`: expected a prefix of NAT64 of 32, 40, 48, 56, 64 or 96 bits, such as 64:ff9b:1::/96, found `10.0.0.0/8`",
            "12:21: `within`: expected 100ms to 1m, found `1h`",
            "12:36: `max_depth`: expected a whole number from 32 to 2048, found `1`",
            "12:53: `max_elements`: expected a whole number from 1000 to 1000000, found `0`",
            "12:68: `max_markup`: expected 64 KiB to 16 MiB, found `1 GiB`",
            "12:75: unknown key `depth` in `documents`, known are: max_depth, max_elements, max_markup, within",
            "13:30: `unconditional_interval`, 3h, is longer than `max_interval`, 2h",
        ],
    );
}

#[test]
fn hosts() {
    check_settings(
        "fetch:
  host_rate: 60
  hosts:
    https://a.example: {per_host: 1}
    a.example:443: {per_host: 1}
    b.example: {host_rate: 0/1m, gap: 1s}
    B.example.: {host_rate: 5/2}
    c.example: 5
    '*': {per_host: 1}
    '*.10.0.0.1': {per_host: 1}
    'd.*.example': {per_host: 0}
    e example: {}
    f/g: {}",
        &[
            "3:14: `host_rate`: expected a rate such as 60/1m, or off, found `60`",
            "5:5: `hosts`: expected a host such as example.com or *.example.com, found `https://a.example`",
            "6:5: `hosts`: expected a host such as example.com or *.example.com, found `a.example:443`",
            "7:28: `host_rate`: expected a rate such as 60/1m, or off, found `0/1m`",
            "7:34: unknown key `gap` in a host, known are: host_gap, host_rate, max_crawl_delay, max_retry_after, obey_robots, per_host",
            "8:5: `hosts`: `B.example.` is another spelling of a host above; remove one of them",
            "8:29: `host_rate`: expected a number and its unit, such as 15m, found `5/2`",
            "9:16: a host: expected a mapping of keys, found `5`",
            "10:5: `hosts`: expected a host such as example.com or *.example.com, found `*`",
            "11:5: `hosts`: expected a host such as example.com or *.example.com, found `*.10.0.0.1`",
            "12:5: `hosts`: expected a host such as example.com or *.example.com, found `d.*.example`",
            "12:31: `per_host`: expected a whole number from 1 to 64, found `0`",
            "13:5: `hosts`: expected a host such as example.com or *.example.com, found `e example`",
            "14:5: `hosts`: expected a host such as example.com or *.example.com, found `f/g`",
        ],
    );
    check_settings(
        "fetch: {hosts: {*.example.com: {per_host: 1}}}",
        &[
            "2:17: anchors and aliases are not supported; write the value out, or quote a text that begins with `*` or `&`",
        ],
    );
    check_settings(
        "fetch: {hosts: [a.example]}",
        &["2:16: `hosts`: expected a mapping of names to values, found a list"],
    );
}

#[test]
fn what_is_bound_to_the_origin_of_a_feed() {
    check(
        "- url: https://a.example/
  cookies: 1
  proxy: ftp://p.example
- url: https://b.example/
  cookies: true
  headers: {cookie: a=b}
  proxy: {username: u, password: hunter2}
- url: https://c.example/
  proxy: {url: 'http://u:hunter2@p.example', username: u, password: hunter2}
- url: https://d.example/
  proxy: {url: 'http://p.example', username: u, passwort: hunter2}
- url: https://e.example/
  proxy: [http://p.example]",
        &[
            "2:12: `cookies`: expected `true`, `false` or `site`, found `1`",
            "3:10: `proxy`: expected a proxy such as http://proxy.example:3128 or socks5://proxy.example:1080, or off, found `ftp://p.example`",
            "5:3: both `cookies` and a header `cookie`; use one of them",
            "7:10: `proxy` needs `url`",
            "9:16: `url`: the URL of a proxy must not contain credentials, because it is shown; write `proxy: {url, username, password_file}`",
            "11:10: `proxy` needs `password` or `password_file`",
            "11:49: unknown key `passwort`, did you mean `password`?",
            "13:10: `proxy`: expected a proxy such as http://proxy.example:3128 or socks5://proxy.example:1080, or off, found a list",
        ],
    );
}
