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
    // the manifest, but for where the runtime comes from
    let manifest = read("tests/fixtures/quickstart/Cargo.toml");
    let features = manifest.find("[features]").expect("it has features");
    let shown = manifest[features..].replace(
        r#"path = "../../../temporal-runtime""#,
        r#"version = "0.1""#,
    );
    assert!(
        readme.contains(&format!("```toml\n{shown}```\n")),
        "README.md shows another manifest than tests/fixtures/quickstart/Cargo.toml: copy it there"
    );
}
