//! Marked nodes → values, with every fault noted on the way.
//!
//! The keys that a section asks for are the keys it knows: there is no second list that could drift from the code.
//! A faulty value leaves its slot as it was and reading goes on, so that one run finds every fault; a configuration
//! with faults is never handed out.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    fault::{Fault, Mark},
    interpolate::{self, Env},
    yaml::{Node, Value, shortened},
};

/// Reads the nodes of one file.
pub(super) struct Decoder<'e> {
    /// The file, for faults, and for paths relative to it.
    file: Arc<Path>,
    env: Env<'e>,
    /// What was found wrong so far.
    pub(super) faults: Vec<Fault>,
    /// Each key that was asked for, by its section, and whether the file had it.
    #[cfg(test)]
    pub(super) vocabulary: std::collections::BTreeMap<(&'static str, &'static str), bool>,
}

/// The entries of one mapping, while they are read.
pub(super) struct Section<'s, 'n, 'e> {
    decoder: &'s mut Decoder<'e>,
    name: &'static str,
    begin: Mark,
    entries: Vec<Entry<'n>>,
    asked: Vec<&'static str>,
}

struct Entry<'n> {
    key: &'n str,
    at: Mark,
    value: &'n Node<'n>,
}

/// How a scalar is read: what it is called, and the text → the value.
pub(super) struct Leaf<F> {
    expected: Cow<'static, str>,
    read: F,
}

/// Why a text is not a leaf's value.
#[derive(Debug)]
pub(super) enum Wrong {
    /// It is not what the leaf is called.
    Kind,
    /// It is; but this was expected of it.
    Expected(String),
    /// The whole message, where the value must not be shown or needs an explanation.
    Refused(String),
}

impl<F> Leaf<F> {
    pub(super) fn new<T>(expected: impl Into<Cow<'static, str>>, read: F) -> Self
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        Self { expected: expected.into(), read }
    }

    /// The value of a text.
    pub(super) fn read<T>(&self, text: &str) -> Result<T, Wrong>
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        (self.read)(text)
    }
}

impl<'e> Decoder<'e> {
    pub(super) fn new(file: Arc<Path>, env: Env<'e>) -> Self {
        Self {
            file,
            env,
            faults: Vec::new(),
            #[cfg(test)]
            vocabulary: std::collections::BTreeMap::new(),
        }
    }

    pub(super) fn file(&self) -> &Arc<Path> {
        &self.file
    }

    pub(super) fn fault(&mut self, at: Mark, message: impl Into<String>) {
        self.faults.push(Fault { file: self.file.clone(), at: Some(at), message: message.into() });
    }

    pub(super) fn mismatch(&mut self, label: &str, node: &Node<'_>, expected: &str) {
        self.fault(node.at, format!("{label}: expected {expected}, found {}", node.found()));
    }

    /// Reads a mapping. What stands for one in a file whose keys are all commented out, nothing, is an empty one.
    pub(super) fn section<'n>(
        &mut self,
        name: &'static str,
        node: &'n Node<'n>,
        read: impl FnOnce(&mut Section<'_, 'n, 'e>),
    ) {
        let entries = match &node.value {
            Value::Map(entries) => self.entries(entries),
            Value::Null => Vec::new(),
            Value::Scalar(_) | Value::List(_) => return self.mismatch(name, node, "a mapping of keys"),
        };
        let mut section = Section { decoder: self, name, begin: node.at, entries, asked: Vec::new() };
        read(&mut section);
        section.finish();
    }

    /// Reads a scalar, variables put in.
    pub(super) fn leaf<T, F>(&mut self, label: &str, node: &Node<'_>, leaf: &Leaf<F>) -> Option<T>
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        let Value::Scalar(text) = &node.value else {
            self.mismatch(label, node, &leaf.expected);
            return None;
        };
        let text = self.expanded(node.at, text)?;
        match leaf.read(&text) {
            Ok(value) => return Some(value),
            // what is shown is the text as written: a variable's value may be a secret
            Err(Wrong::Kind) => self.mismatch(label, node, &leaf.expected),
            Err(Wrong::Expected(expected)) => self.mismatch(label, node, &expected),
            Err(Wrong::Refused(message)) => self.fault(node.at, format!("{label}: {message}")),
        }
        None
    }

    /// Reads a list; a scalar is a list of one.
    pub(super) fn list<T, F>(&mut self, label: &str, node: &Node<'_>, leaf: &Leaf<F>) -> Option<Vec<T>>
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        let Some(items) = node.items() else {
            self.mismatch(label, node, &format!("a list, each item {}", leaf.expected));
            return None;
        };
        Some(items.iter().filter_map(|item| self.leaf(label, item, leaf)).collect())
    }

    /// Reads the free keys of a mapping whose names are not ours, such as headers: each with its place.
    pub(super) fn free<'n>(&mut self, label: &str, node: &'n Node<'n>) -> Vec<(&'n str, Mark, &'n Node<'n>)> {
        match &node.value {
            Value::Map(entries) => self.entries(entries).into_iter().map(|e| (e.key, e.at, e.value)).collect(),
            _ => {
                self.mismatch(label, node, "a mapping of names to values");
                Vec::new()
            }
        }
    }

    /// Reads a value that may be a secret: as it stands, or `{file: PATH}`.
    pub(super) fn secret(&mut self, label: &str, node: &Node<'_>) -> Option<String> {
        if !matches!(node.value, Value::Map(_)) {
            return self.leaf(label, node, &Leaf::new("a text or {file: PATH}", |text| Ok(text.to_owned())));
        }
        let mut secret = None;
        self.section("a value from a file", node, |s| secret = s.contents("file"));
        secret
    }

    /// A path in this file, relative to the file's own directory: it means the same from wherever one starts.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    fn expanded<'n>(&mut self, at: Mark, text: &'n str) -> Option<Cow<'n, str>> {
        interpolate::expand(text, self.env).map_err(|message| self.fault(at, message)).ok()
    }

    fn entries<'n>(&mut self, entries: &'n [(Node<'n>, Node<'n>)]) -> Vec<Entry<'n>> {
        let mut first = HashMap::new();
        let mut kept = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Value::Scalar(name) = &key.value else {
                self.mismatch("key", key, "a name");
                continue;
            };
            match first.get(&**name) {
                Some(Mark { line, .. }) => {
                    self.fault(key.at, format!("duplicate key `{}`, first at line {line}", shortened(name)));
                }
                None => {
                    first.insert(&**name, key.at);
                    kept.push(Entry { key: name, at: key.at, value });
                }
            }
        }
        kept
    }
}

impl<'n, 'e> Section<'_, 'n, 'e> {
    /// The decoder, for what is below this section.
    pub(super) fn decoder(&mut self) -> &mut Decoder<'e> {
        self.decoder
    }

    /// The node of a key; asking makes the key a known one.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'n Node<'n>> {
        self.asked.push(key);
        let value = self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.value);
        #[cfg(test)]
        self.decoder
            .vocabulary
            .entry((self.name, key))
            .and_modify(|has| *has |= value.is_some())
            .or_insert(value.is_some());
        value
    }

    /// Where a key stands.
    pub(super) fn at(&self, key: &str) -> Option<Mark> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.at)
    }

    /// A key's value, if it is there and right.
    pub(super) fn value<T, F>(&mut self, key: &'static str, leaf: &Leaf<F>) -> Option<T>
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        let node = self.get(key)?;
        self.decoder.leaf(&format!("`{key}`"), node, leaf)
    }

    /// Puts a key's value in a slot, if it is there and right.
    pub(super) fn set<T, F>(&mut self, key: &'static str, slot: &mut T, leaf: &Leaf<F>)
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        if let Some(value) = self.value(key, leaf) {
            *slot = value;
        }
    }

    /// A key's list, if it is there.
    pub(super) fn list<T, F>(&mut self, key: &'static str, leaf: &Leaf<F>) -> Option<Vec<T>>
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        let node = self.get(key)?;
        self.decoder.list(&format!("`{key}`"), node, leaf)
    }

    /// The path of a file that must be readable.
    pub(super) fn readable(&mut self, key: &'static str) -> Option<PathBuf> {
        self.open(key).map(|(path, _)| path)
    }

    /// A name with its password, which stands here or in a file, but not in both.
    pub(super) fn credentials(&mut self) -> Option<(String, String)> {
        let (inline, file) = (self.at("password"), self.at("password_file"));
        let name = self.value("username", &text("a name"));
        let password = self.value("password", &text("a text"));
        let password = self.contents("password_file").or(password);
        if self.at("username").is_none() {
            self.missing("`username`");
        }
        match (inline, file) {
            (Some(_), Some(at)) => self.decoder.fault(at, "`password_file` beside `password`, give one of them"),
            (None, None) => self.missing("`password` or `password_file`"),
            _ => {}
        }
        name.zip(password)
    }

    /// Notes that the section lacks something.
    pub(super) fn missing(&mut self, what: &str) {
        let message = format!("{} needs {what}", self.name);
        self.decoder.fault(self.begin, message);
    }

    /// What a file holds, without the line end that editors leave.
    fn contents(&mut self, key: &'static str) -> Option<String> {
        const LARGEST: u64 = 64 << 10;
        let (path, file) = self.open(key)?;
        let mut held = String::new();
        if let Err(error) = file.take(LARGEST).read_to_string(&mut held) {
            self.unreadable(key, &path, &error);
            return None;
        }
        Some(held.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn open(&mut self, key: &'static str) -> Option<(PathBuf, fs::File)> {
        let path = self.value(key, &text("a path"))?;
        let path = self.decoder.resolve(&path);
        match fs::File::open(&path) {
            Ok(file) => Some((path, file)),
            Err(error) => {
                self.unreadable(key, &path, &error);
                None
            }
        }
    }

    fn unreadable(&mut self, key: &str, path: &Path, error: &std::io::Error) {
        let at = self.at(key).unwrap_or(self.begin);
        self.decoder.fault(at, format!("`{key}`: cannot read {}: {error}", path.display()));
    }

    fn finish(self) {
        for entry in &self.entries {
            if !self.asked.contains(&entry.key) {
                let message = unknown(entry.key, self.name, &self.asked);
                self.decoder.fault(entry.at, message);
            }
        }
    }
}

/// A text that is not empty.
pub(super) fn text(expected: &'static str) -> Leaf<impl Fn(&str) -> Result<String, Wrong>> {
    Leaf::new(expected, |text| if text.trim().is_empty() { Err(Wrong::Kind) } else { Ok(text.to_owned()) })
}

fn unknown(key: &str, section: &str, known: &[&str]) -> String {
    /// Below this Jaro-Winkler likeness a suggestion is more riddle than help.
    const ALIKE: f64 = 0.8;
    let likeness = |name: &&str| strsim::jaro_winkler(name, key);
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let key = shortened(key);
    match best {
        Some(name) if likeness(&name) >= ALIKE => format!("unknown key `{key}`, did you mean `{name}`?"),
        _ => format!("unknown key `{key}` in {section}, known are: {}", known.join(", ")),
    }
}
