//! Puts the generated files into their folder, or compares them with what is there.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use crate::emit::Files;

/// Writes what differs and deletes what is no longer generated.
pub(crate) fn write(folder: &Path, files: &Files) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let stale = differences(folder, files)?;
    for name in &stale {
        match files.get(name) {
            Some(content) => std::fs::write(folder.join(name), content)?,
            None => std::fs::remove_file(folder.join(name))?,
        }
    }
    println!("{} files, {} changed", files.len(), stale.len());
    Ok(())
}

/// Fails, naming the files, when [`write`] would change something.
pub(crate) fn check(folder: &Path, files: &Files) -> Result<(), Box<dyn Error>> {
    let stale = differences(folder, files)?;
    if stale.is_empty() {
        println!("{} files, all up to date", files.len());
        return Ok(());
    }
    let names = stale.into_iter().collect::<Vec<_>>().join(", ");
    Err(format!(
        "protos/src/generated is not what the generator writes ({names}); \
         run `cargo run --manifest-path protos/generator/Cargo.toml` and commit the result"
    )
    .into())
}

/// Names of the files that differ, are missing, or should not be there.
fn differences(folder: &Path, files: &Files) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut names: BTreeSet<String> = files.keys().cloned().collect();
    if folder.exists() {
        for entry in std::fs::read_dir(folder)? {
            names.insert(entry?.file_name().to_string_lossy().into_owned());
        }
    }
    let differs = |name: &String| match std::fs::read(folder.join(name)) {
        Ok(content) => files.get(name) != Some(&content),
        Err(_) => true,
    };
    Ok(names.into_iter().filter(differs).collect())
}
