//! Nodes with their places → values, with every fault noted on the way.
//!
//! The keys that a section requests are the keys it knows: there is no second list that could differ from the code. A
//! faulty value leaves its field unchanged and reading continues, so that one run finds every fault; a configuration
//! with faults is never returned.

use std::{
    borrow::Cow,
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    fault::{Fault, Position},
    interpolate::{self, Env},
    leaf::{Leaf, Wrong},
    yaml::{Node, Value, shortened},
};

/// Reads the nodes of one file.
pub(super) struct Decoder<'e> {
    /// The file, for faults, and for paths relative to it.
    file: Arc<Path>,
    env: Env<'e>,
    /// The faults so far.
    pub(super) faults: Vec<Fault>,
    /// Each key that was requested, with its section, and whether the file had it.
    #[cfg(test)]
    pub(super) vocabulary: std::collections::BTreeMap<(&'static str, &'static str), bool>,
}

/// The entries of one mapping while they are read.
pub(super) struct Section<'s, 'n, 'e> {
    decoder: &'s mut Decoder<'e>,
    name: &'static str,
    begin: Position,
    entries: Vec<Setting<'n>>,
    asked: Vec<&'static str>,
}

struct Setting<'n> {
    key: &'n str,
    at: Position,
    value: &'n Node<'n>,
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

    pub(super) fn fault(&mut self, at: Position, message: impl Into<String>) {
        self.faults.push(Fault { file: self.file.clone(), at: Some(at), message: message.into() });
    }

    pub(super) fn mismatch(&mut self, label: &str, node: &Node<'_>, expected: &str) {
        self.fault(node.at, format!("{label}: expected {expected}, found {}", node.found()));
    }

    /// Reads a mapping. A null is an empty mapping: all its keys may be commented out.
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

    /// Reads a scalar, with its variables replaced.
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
            // the text is shown as written: the value of a variable may be a secret
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

    /// Reads a mapping whose keys are not ours, such as headers; each with its place.
    pub(super) fn free<'n>(&mut self, label: &str, node: &'n Node<'n>) -> Vec<(&'n str, Position, &'n Node<'n>)> {
        match &node.value {
            Value::Map(entries) => self.entries(entries).into_iter().map(|e| (e.key, e.at, e.value)).collect(),
            _ => {
                self.mismatch(label, node, "a mapping of names to values");
                Vec::new()
            }
        }
    }

    /// A path in this file, relative to the directory of the file: it means the same wherever copydesk is started.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    fn expanded<'n>(&mut self, at: Position, text: &'n str) -> Option<Cow<'n, str>> {
        interpolate::expand(text, self.env).map_err(|message| self.fault(at, message)).ok()
    }

    fn entries<'n>(&mut self, entries: &'n [(Node<'n>, Node<'n>)]) -> Vec<Setting<'n>> {
        let mut first = HashMap::new();
        let mut kept = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Value::Scalar(name) = &key.value else {
                self.mismatch("key", key, "a name");
                continue;
            };
            match first.get(&**name) {
                Some(Position { line, .. }) => {
                    self.fault(key.at, format!("duplicate key `{}`, first at line {line}", shortened(name)));
                }
                None => {
                    first.insert(&**name, key.at);
                    kept.push(Setting { key: name, at: key.at, value });
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

    /// The node of a key; requesting a key makes it a known one.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'n Node<'n>> {
        self.asked.push(key);
        let value = self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.value);
        #[cfg(test)]
        {
            *self.decoder.vocabulary.entry((self.name, key)).or_default() |= value.is_some();
        }
        value
    }

    /// Where a key is.
    pub(super) fn at(&self, key: &str) -> Option<Position> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.at)
    }

    /// A key's value, if the key is there and its value is valid.
    pub(super) fn value<T, F>(&mut self, key: &'static str, leaf: &Leaf<F>) -> Option<T>
    where
        F: Fn(&str) -> Result<T, Wrong>,
    {
        let node = self.get(key)?;
        self.decoder.leaf(&format!("`{key}`"), node, leaf)
    }

    /// Puts a key's value into a field, if the key is there and its value is valid.
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

    /// Notes that the section lacks something.
    pub(super) fn missing(&mut self, what: &str) {
        let message = format!("{} needs {what}", self.name);
        self.decoder.fault(self.begin, message);
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

fn unknown(key: &str, section: &str, known: &[&str]) -> String {
    /// Below this Jaro-Winkler similarity a suggestion confuses more than it helps.
    const ALIKE: f64 = 0.8;
    let likeness = |name: &&str| strsim::jaro_winkler(name, key);
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let key = shortened(key);
    match best {
        Some(name) if likeness(&name) >= ALIKE => format!("unknown key `{key}`, did you mean `{name}`?"),
        _ => {
            let mut known = known.to_vec();
            known.sort_unstable();
            format!("unknown key `{key}` in {section}, known are: {}", known.join(", "))
        }
    }
}
