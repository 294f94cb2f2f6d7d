//! The corpus of the fuzzers, through the same functions, on the toolchain of the project.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "the targets are public in their own crate")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::{fs, path::Path};

use targets::TARGETS;

#[test]
fn the_corpus_holds() {
    for (name, target) in TARGETS {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let inputs = fs::read_dir(&directory).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        let mut count = 0;
        for input in inputs {
            target(&input);
            // and each of its beginnings, as a connection that breaks would leave it
            (0..8).for_each(|part| target(&input[..input.len() * part / 8]));
            count += 1;
        }
        assert!(count >= 5, "{name} has {count} inputs");
    }
}

#[test]
fn every_target_can_be_fuzzed() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in fuzz/Cargo.toml");
    }
}
