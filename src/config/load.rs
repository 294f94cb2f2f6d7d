//! The main file and the files it includes → one configuration.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::Read,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    Config,
    contact::contact,
    documents,
    fault::{Fault, Faults, Position},
    feed::{self, Bounds, Feed, Settings},
    fetch,
    interpolate::Env,
    leaf::{Wrong, or_off, text},
    ledger, log, politeness,
    quantity::duration,
    schedule,
    section::{Decoder, Section},
    sites,
    yaml::{self, Node, Value},
};
use crate::link;

/// The largest file that is read: ten times what 50,000 feeds with all their keys need.
const LARGEST_FILE: u64 = 64 << 20;

/// Reads a configuration and the files it includes, or returns all its faults.
///
/// `env` looks up environment variables. Every relative path in a file is relative to that file.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Faults> {
    let mut loader = Loader::new(env);
    let file = Arc::from(path);
    let config = loader.read(&file).and_then(|text| loader.main(&file, &text));
    loader.finish(config)
}

/// Reads a configuration from a text, as if it were in the file `path`; included files are read from there.
pub fn from_yaml(text: &str, path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Faults> {
    let mut loader = Loader::new(env);
    let config = loader.main(&Arc::from(path), text);
    loader.finish(config)
}

/// What is collected from several files.
pub(super) struct Loader<'e> {
    env: Env<'e>,
    pub(super) faults: Vec<Fault>,
    files: Vec<PathBuf>,
    feeds: Vec<Feed>,
    /// Where each feed is, by its URL without what makes no difference to a server.
    places: HashMap<String, (Arc<Path>, Position)>,
    #[cfg(test)]
    pub(super) vocabulary: std::collections::BTreeMap<(&'static str, &'static str), bool>,
}

/// What the main file has in addition to its configuration: other files, and what applies to their feeds.
struct Rest {
    include: Vec<(Position, String)>,
    defaults: Settings,
    bounds: Bounds,
}

impl<'e> Loader<'e> {
    pub(super) fn new(env: Env<'e>) -> Self {
        Self {
            env,
            faults: Vec::new(),
            files: Vec::new(),
            feeds: Vec::new(),
            places: HashMap::new(),
            #[cfg(test)]
            vocabulary: std::collections::BTreeMap::new(),
        }
    }

    pub(super) fn main(&mut self, file: &Arc<Path>, text: &str) -> Option<Config> {
        let root = self.parse(file, text)?;
        let mut decoder = Decoder::new(file.clone(), self.env);
        let (config, rest, feeds) = decode_main(&mut decoder, &root);
        self.take(decoder, feeds);
        for (mark, pattern) in &rest.include {
            self.include(file, *mark, pattern, &rest);
        }
        Some(config)
    }

    pub(super) fn finish(mut self, config: Option<Config>) -> Result<Config, Faults> {
        match config {
            Some(config) if self.faults.is_empty() => {
                self.feeds.shrink_to_fit();
                Ok(Config { feeds: self.feeds, files: self.files, ..config })
            }
            _ => Err(Faults::new(self.faults)),
        }
    }

    fn include(&mut self, from: &Arc<Path>, mark: Position, pattern: &str, rest: &Rest) {
        let matched = match matching(from, pattern) {
            Ok(paths) => paths,
            Err(message) => return self.fault(from, Some(mark), format!("`include`: {message}")),
        };
        if matched.is_empty() {
            // a missing file must not look like feeds that were removed
            self.fault(from, Some(mark), format!("`include`: no file matches {pattern}"));
        }
        for path in matched {
            if self.files.contains(&path) {
                continue;
            }
            let file = Arc::from(path);
            if let Some(text) = self.read(&file) {
                self.included(&file, &text, rest);
            }
        }
    }

    fn included(&mut self, file: &Arc<Path>, text: &str, rest: &Rest) {
        let Some(root) = self.parse(file, text) else { return };
        let mut decoder = Decoder::new(file.clone(), self.env);
        let mut feeds = Vec::new();
        if matches!(root.value, Value::List(_)) {
            feeds = feed::decode_list(&mut decoder, &root, &rest.bounds, &rest.defaults);
        } else {
            decoder.section("an included file", &root, |s| {
                feeds = decode_feeds(s, &rest.bounds, &rest.defaults).1;
                if s.at("feeds").is_none() {
                    s.missing("`feeds`");
                }
            });
        }
        self.take(decoder, feeds);
    }

    /// Adds what was read from one file.
    fn take(&mut self, decoder: Decoder<'_>, feeds: Vec<(Position, Feed)>) {
        let file = decoder.file().clone();
        self.faults.extend(decoder.faults);
        #[cfg(test)]
        for (key, has) in decoder.vocabulary {
            *self.vocabulary.entry(key).or_default() |= has;
        }
        self.files.push(file.to_path_buf());
        for (at, feed) in feeds {
            match self.places.entry(same(&feed)) {
                std::collections::hash_map::Entry::Occupied(first) => {
                    let (file_of_first, Position { line, column }) = first.get();
                    let first = format!("first at {}:{line}:{column}", file_of_first.display());
                    let message = format!("duplicate feed {}, {first}", link::shown(&feed.url));
                    self.fault(&file, Some(at), message);
                }
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert((file.clone(), at));
                    self.feeds.push(feed);
                }
            }
        }
    }

    fn parse<'t>(&mut self, file: &Arc<Path>, text: &'t str) -> Option<Node<'t>> {
        yaml::parse(text).map_err(|error| self.fault(file, Some(error.at), error.message)).ok()
    }

    fn read(&mut self, file: &Arc<Path>) -> Option<String> {
        let mut bytes = Vec::new();
        let read = fs::File::open(file).and_then(|open| open.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            self.fault(file, None, format!("cannot be read: {error}"));
            return None;
        }
        if bytes.len() as u64 > LARGEST_FILE {
            self.fault(file, None, format!("larger than {} MiB; split it into several files", LARGEST_FILE >> 20));
            return None;
        }
        let text = String::from_utf8(bytes);
        text.map_err(|error| {
            let valid = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
            let column = valid.chars().rev().take_while(|c| *c != '\n').count() + 1;
            let line = valid.matches('\n').count() + 1;
            self.fault(file, Some(Position { line, column }), "not UTF-8".to_owned());
        })
        .ok()
    }

    fn fault(&mut self, file: &Arc<Path>, at: Option<Position>, message: String) {
        self.faults.push(Fault { file: file.clone(), at, message });
    }
}

fn decode_main(decoder: &mut Decoder<'_>, root: &Node<'_>) -> (Config, Rest, Vec<(Position, Feed)>) {
    let mut config = Config::new(Vec::new(), ledger::default(decoder));
    let mut rest = Rest { include: Vec::new(), defaults: Settings::default(), bounds: Bounds::of(&config) };
    let mut feeds = Vec::new();
    if matches!(root.value, Value::List(_)) {
        feeds = feed::decode_list(decoder, root, &rest.bounds, &rest.defaults);
        return (config, rest, feeds);
    }
    decoder.section("the configuration", root, |s| {
        rest.bounds = decode_bounds(s, &mut config);
        decode_settings(s, &mut config);
        (rest.defaults, feeds) = decode_feeds(s, &rest.bounds, &rest.defaults);
        rest.include = decode_include(s);
        if s.at("feeds").or(s.at("include")).is_none() {
            s.missing("feeds; list their URLs under `feeds`, or name files in `include`");
        }
    });
    (config, rest, feeds)
}

/// The sections that limit feeds. If they have faults themselves, they limit no feed; otherwise one mistake would be
/// reported at each of 50,000 feeds.
fn decode_bounds(s: &mut Section<'_, '_, '_>, config: &mut Config) -> Bounds {
    let before = s.decoder().faults.len();
    if let Some(node) = s.get("fetch") {
        config.fetch = fetch::decode(s.decoder(), node);
    }
    if let Some(node) = s.get("schedule") {
        config.schedule = schedule::decode(s.decoder(), node);
    }
    if s.decoder().faults.len() == before { Bounds::of(config) } else { Bounds::default() }
}

/// What else only the main file may have.
fn decode_settings(s: &mut Section<'_, '_, '_>, config: &mut Config) {
    config.contact = s.value("contact", &contact());
    if let Some(node) = s.get("documents") {
        config.documents = documents::decode(s.decoder(), node);
    }
    if let Some(node) = s.get("ledger") {
        config.ledger = ledger::decode(s.decoder(), node);
    }
    if let Some(node) = s.get("commit") {
        config.commit = schedule::decode_commit(s.decoder(), node);
    }
    if let Some(node) = s.get("sites") {
        config.sites = Arc::new(sites::decode(s.decoder(), node));
    }
    if let Some(node) = s.get("log") {
        config.log = log::decode(s.decoder(), node);
    }
    let address = |text: &str| text.parse::<SocketAddr>().map_err(|_| Wrong::Kind);
    s.set("admin", &mut config.admin, &or_off("an address such as 127.0.0.1:9464, or off", address));
    if let Some(names) = s.list("admin_names", &politeness::host_name()) {
        config.admin_names = names;
    }
    s.set("stop_within", &mut config.stop_within, &duration(Duration::from_secs(1)..=Duration::from_secs(600)));
}

fn decode_include(s: &mut Section<'_, '_, '_>) -> Vec<(Position, String)> {
    let pattern = text("a path or pattern such as feeds/*.yaml");
    let Some(node) = s.get("include") else { return Vec::new() };
    let Some(items) = node.items().filter(|items| !items.is_empty()) else {
        s.decoder().mismatch("`include`", node, "a list of paths or patterns such as feeds/*.yaml");
        return Vec::new();
    };
    items.iter().filter_map(|item| Some((item.at, s.decoder().leaf("`include`", item, &pattern)?))).collect()
}

/// What every file may have: feeds, and what applies to all of them.
fn decode_feeds(s: &mut Section<'_, '_, '_>, bounds: &Bounds, above: &Settings) -> (Settings, Vec<(Position, Feed)>) {
    let defaults = match s.get("defaults") {
        Some(node) => feed::decode_defaults(s.decoder(), node, bounds, above),
        None => above.clone(),
    };
    let feeds = s.get("feeds").map(|node| feed::decode_list(s.decoder(), node, bounds, &defaults));
    (defaults, feeds.unwrap_or_default())
}

/// Files that match a pattern, sorted; without hidden files, which editors create, and without the file itself.
fn matching(from: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let options =
        glob::MatchOptions { require_literal_separator: true, require_literal_leading_dot: true, ..Default::default() };
    let directory = from.parent().unwrap_or(Path::new(""));
    let directory = directory.to_str().ok_or("patterns need a directory whose name is UTF-8")?;
    let whole = Path::new(&glob::Pattern::escape(directory)).join(pattern);
    let found = glob::glob_with(&whole.to_string_lossy(), options)
        .map_err(|error| format!("{pattern} is not a pattern: {}", error.msg))?;
    let mut seen = HashSet::from([fs::canonicalize(from).unwrap_or_default()]);
    let mut files = Vec::new();
    for path in found {
        let path = path.map_err(|error| error.to_string())?;
        let real = fs::canonicalize(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if real.is_file() && seen.insert(real) {
            files.push(path);
        }
    }
    Ok(files)
}

/// What makes two feeds the same: the URL without the fragment and without a trailing dot of the host; neither is sent.
fn same(feed: &Feed) -> String {
    let mut url = feed.url.clone();
    url.set_fragment(None);
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        let _ = url.set_host(Some(&host));
    }
    url.into()
}
