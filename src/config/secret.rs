//! Values that come from separate files: passwords, keys, certificates.
//!
//! Their content is never part of a message.

use std::{fs::File, io::Read, path::PathBuf};

use super::{
    leaf::{Leaf, text},
    section::{Decoder, Section},
    yaml::{Node, Value},
};

/// The longest secret; a larger file was named by mistake.
const LONGEST: u64 = 64 << 10;

impl Decoder<'_> {
    /// Reads a value that may be a secret: a text, or `{file: PATH}`.
    pub(super) fn secret(&mut self, label: &str, node: &Node<'_>) -> Option<String> {
        if !matches!(node.value, Value::Map(_)) {
            return self.leaf(label, node, &Leaf::new("a text or {file: PATH}", |text| Ok(text.to_owned())));
        }
        let mut secret = None;
        self.section("a value from a file", node, |s| {
            secret = s.contents("file");
            if s.at("file").is_none() {
                s.missing("`file`");
            }
        });
        secret
    }
}

impl Section<'_, '_, '_> {
    /// A name with its password, which is here or in a file, but not in both.
    pub(super) fn credentials(&mut self) -> Option<(String, String)> {
        let (inline, file) = (self.at("password"), self.at("password_file"));
        let name = self.value("username", &text("a name"));
        let password = self.value("password", &text("a text"));
        let password = self.contents("password_file").or(password);
        if self.at("username").is_none() {
            self.missing("`username`");
        }
        match (inline, file) {
            (Some(_), Some(at)) => self.decoder().fault(at, "both `password_file` and `password`; use one of them"),
            (None, None) => self.missing("`password` or `password_file`"),
            _ => {}
        }
        name.zip(password)
    }

    /// The path of a file that must be readable.
    pub(super) fn readable(&mut self, key: &'static str) -> Option<PathBuf> {
        self.file_of(key, |_| Ok(())).map(|(path, ())| path)
    }

    /// The content of a file, without the line end that editors add.
    fn contents(&mut self, key: &'static str) -> Option<String> {
        let read = |file: File| {
            let mut held = String::new();
            file.take(LONGEST + 1).read_to_string(&mut held).map_err(|error| error.to_string())?;
            match held.trim_end_matches(['\r', '\n']) {
                "" => Err("it is empty".to_owned()),
                _ if held.len() as u64 > LONGEST => Err(format!("it is larger than {} KiB", LONGEST >> 10)),
                secret => Ok(secret.to_owned()),
            }
        };
        self.file_of(key, read).map(|(_, secret)| secret)
    }

    fn file_of<T>(&mut self, key: &'static str, read: impl FnOnce(File) -> Result<T, String>) -> Option<(PathBuf, T)> {
        let node = self.get(key)?;
        let decoder = self.decoder();
        let path = decoder.leaf(&format!("`{key}`"), node, &text("a path"))?;
        let path = decoder.resolve(&path);
        match File::open(&path).map_err(|error| error.to_string()).and_then(read) {
            Ok(held) => Some((path, held)),
            Err(error) => {
                decoder.fault(node.at, format!("`{key}`: cannot read {}: {error}", path.display()));
                None
            }
        }
    }
}
