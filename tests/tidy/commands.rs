//! The commands of the documentation. A block of them (```` ```sh ````) is run here, with the real binary and a newspaper on
//! loopback; one that cannot be is marked (```` ```sh example ````). Wherever a command of copydesk is named, it has the
//! flags that are named with it.

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, process::Command};

use copydesk::demo::{NewsSite, todays_paper};

use super::{
    files,
    installation::{LOCAL, ON_LOOPBACK},
    read,
};

/// Where the documentation's newspaper is.
const SHOWN_AT: &str = "https://courier.example";

#[test]
fn commands_have_the_flags_that_are_named() {
    let mut help = BTreeMap::new();
    let mut found = 0;
    for (file, command) in named() {
        let mut words = command.split_whitespace().skip(1).peekable();
        let mut path: Vec<&str> = words.next().filter(|word| is_command(word)).into_iter().collect();
        if path.iter().any(|first| ["state", "feeds"].contains(first)) {
            path.extend(words.next_if(|word| is_command(word)));
        }
        let text = help.entry(path.join(" ")).or_insert_with(|| help_of(&path));
        let text = text.as_ref().unwrap_or_else(|| panic!("{}: `{command}`: no such command", file.display()));
        for flag in words.map(|word| word.split('=').next().unwrap_or(word)).filter(|word| word.starts_with('-')) {
            let flag = flag.trim_end_matches(|c: char| !c.is_alphanumeric());
            assert!(flag.len() < 2 || has_word(text, flag), "{}: `{command}`: no flag {flag}", file.display());
            found += 1;
        }
    }
    assert!(found > 15, "{found} flags found");
}

fn is_command(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_lowercase())
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|found| found == word)
}

/// What `--help` says of a command; `None` if there is no such command.
fn help_of(path: &[&str]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_copydesk")).args(path).arg("--help").output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// Every `copydesk …` in blocks and in backquotes.
fn named() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for file in documents() {
        let text = read(&file);
        let inline = text.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " "));
        let in_blocks =
            blocks(&text).into_iter().flat_map(|block| block.script.lines().map(str::to_owned).collect::<Vec<_>>());
        let commands = inline.chain(in_blocks).filter(|line| line.starts_with("copydesk ")).map(|line| {
            let end = line.find([';', '|', '#', '…', '>']).unwrap_or(line.len());
            line[..end].to_owned()
        });
        found.extend(commands.map(|command| (file.clone(), command)));
    }
    found
}

fn documents() -> Vec<PathBuf> {
    files(&[".", "docs", "deploy"], "md")
}

/// A block of commands, and what the next block of the page shows as its output.
struct Block {
    is_example: bool,
    script: String,
    output: Option<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let found = text.split("```sh").skip(1).filter_map(|rest| rest.split_once('\n'));
    let block = |(info, rest): (&str, &str)| {
        let mut parts = rest.split("```");
        let (script, next) = (parts.next().unwrap_or(rest), parts.nth(1).and_then(|next| next.strip_prefix("text\n")));
        Block { is_example: info.trim() == "example", script: script.to_owned(), output: next.map(str::to_owned) }
    };
    found.map(block).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_are_no_examples_run_and_print_what_is_shown() {
    let (mut ran, mut compared) = (0, 0);
    for file in documents() {
        for block in blocks(&read(&file)).into_iter().filter(|block| !block.is_example) {
            let site = NewsSite::open(todays_paper()).await.unwrap();
            let output = tokio::task::block_in_place(|| run(&block.script, &site));
            let printed = String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned();
            assert!(output.status.success(), "{}:\n{}\n{printed}", file.display(), block.script);
            let mut rest = printed.as_str();
            for line in block.output.iter().flat_map(|output| output.lines()).map(str::trim).filter(|line| *line != "…")
            {
                let at =
                    rest.find(line).unwrap_or_else(|| panic!("{}: not printed: {line}\n{printed}", file.display()));
                rest = &rest[at + line.len()..];
                compared += 1;
            }
            ran += 1;
        }
    }
    assert!(ran >= 3 && compared > 10, "{ran} blocks, {compared} lines of output");
}

/// Runs a block with bash as it is shown, where a configuration is and the newspaper has its address; `run` goes on in the
/// background, and `tail` does not wait for more.
fn run(script: &str, site: &NewsSite) -> std::process::Output {
    let directory = tempfile::tempdir().unwrap();
    let feed = site.url("/atom.xml");
    let yaml = format!("contact: tests@example.com\nfeeds: [{feed}]\n{ON_LOOPBACK}{LOCAL}");
    std::fs::write(directory.path().join("copydesk.yaml"), yaml).unwrap();
    let mut whole = String::from("set -e\ntrap 'kill $(jobs -p) 2> /dev/null || true; wait || true' EXIT\n");
    writeln!(whole, "binary={}", env!("CARGO_BIN_EXE_copydesk")).unwrap();
    whole += r#"copydesk() {
  case $1 in
  run) "$binary" "$@" & until "$binary" tail --from-start --no-follow | grep -q .; do sleep 0.1; done ;;
  tail) "$binary" "$@" --no-follow ;;
  *) "$binary" "$@" ;;
  esac
}
"#;
    // what `scripts/demo` does after it has built the binary
    let script = script.replace("scripts/demo", "copydesk demo");
    whole += &script.replace(SHOWN_AT, site.url("").as_str().trim_end_matches('/'));
    let mut bash = Command::new("timeout");
    bash.args(["60", "bash", "-c", &whole]).current_dir(directory.path());
    bash.output().unwrap()
}
