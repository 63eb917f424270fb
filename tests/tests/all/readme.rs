//! README's quickstart is a crate that is built and tested: the two must not drift apart.

use std::{fs, path::Path};

#[test]
fn the_quickstart_is_the_fixture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests lie in the workspace");
    let read =
        |path: &str| fs::read_to_string(root.join(path)).expect("it is part of the repository");
    let (readme, fixture) = (
        read("README.md"),
        read("tests/fixtures/quickstart/src/main.rs"),
    );
    assert!(
        readme.contains(&format!("```rust,no_run\n{fixture}```\n")),
        "README.md shows another program than tests/fixtures/quickstart/src/main.rs: copy it there"
    );
}
