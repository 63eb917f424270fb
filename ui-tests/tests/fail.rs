//! Every mistake of the catalogue, with the text that its author sees.
//!
//! The texts are rustc's own in part, so they are pinned to one compiler.

use std::process::Command;

/// The compiler of `rust-toolchain.toml`.
const PINNED: &str = include_str!("../../rust-toolchain.toml");

#[test]
fn mistakes_are_explained() {
    let pinned = PINNED
        .lines()
        .find_map(|line| line.strip_prefix("channel = "))
        .map(|version| version.trim_matches('"'))
        .expect("rust-toolchain.toml names a channel");
    let output = Command::new("rustc")
        .arg("--version")
        .output()
        .expect("rustc runs where cargo does");
    let version = String::from_utf8_lossy(&output.stdout);
    if version.split(' ').nth(1) != Some(pinned) {
        eprintln!(
            "skipped: the texts are those of rustc {pinned}, and this is {}",
            version.trim()
        );
        return;
    }
    // `CASE=broken` runs those with that in their name.
    let pattern = std::env::var("CASE").map_or_else(|_| "*".to_owned(), |case| format!("*{case}*"));
    trybuild::TestCases::new().compile_fail(format!("*/fail/{pattern}.rs"));
}
