//! Hands the paths of the official descriptor, and of the files that it was made from, on to the generator.

use std::path::Path;
use std::process::Command;

fn main() {
    let path = std::env::var("DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH")
        .expect("temporalio-protos is a normal dependency and announces its descriptor");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={path}");
    println!("cargo::rustc-env=OFFICIAL_DESCRIPTOR={path}");
    println!("cargo::rustc-env=OFFICIAL_PROTOS={}", sources());
}

/// The folder of the official files. The crate does not announce it, so cargo is asked where the crate is.
fn sources() -> String {
    let variable = |name: &str| std::env::var(name).expect("cargo sets it for build scripts");
    let output = Command::new(variable("CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .args(["--filter-platform", &variable("TARGET")])
        .args([
            "--manifest-path",
            &(variable("CARGO_MANIFEST_DIR") + "/Cargo.toml"),
        ])
        .output()
        .expect("cargo is there, since it runs this");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"]
        .as_array()
        .expect("cargo lists packages");
    let official = packages
        .iter()
        .find(|package| package["name"] == "temporalio-protos")
        .and_then(|package| package["manifest_path"].as_str())
        .and_then(|manifest| Path::new(manifest).parent())
        .expect("temporalio-protos is a dependency");
    official.join("protos").display().to_string()
}
