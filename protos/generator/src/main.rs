//! Writes `protos/src/generated` from the descriptor of the official crate `temporalio-protos`.
//!
//! `cargo run --manifest-path protos/generator/Cargo.toml` writes; with `-- --check` nothing is
//! written, and the run fails when writing would change something. It never looks at a clock, the
//! network or a hash-ordered map: the same descriptor gives the same bytes.

mod conversions;
mod emit;
mod output;
mod routes;
mod select;
mod services;
mod spoken;

use std::path::Path;
use std::process::ExitCode;

use prost::Message;
use prost_types::FileDescriptorSet;

fn main() -> ExitCode {
    let check = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--check" => true,
        other => {
            eprintln!(
                "unknown arguments {other:?}: pass nothing to write, or `--check` to compare"
            );
            return ExitCode::from(2);
        }
    };
    match run(check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool) -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/generated");
    let official = std::fs::read(env!("OFFICIAL_DESCRIPTOR"))?;
    let slim = select::slim(FileDescriptorSet::decode(official.as_slice())?)?;
    let mut files = emit::emit(&slim)?;
    let routes = routes::routes(Path::new(env!("OFFICIAL_PROTOS")))?;
    files.insert("routes.rs".to_owned(), routes.into_bytes());
    if check {
        output::check(&folder, &files)
    } else {
        output::write(&folder, &files)
    }
}
