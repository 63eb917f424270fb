//! What the macros refuse, and how they say it; and what they accept although it is unusual.
//!
//! - `<attribute>/fail/<mistake>.rs`: one mistake each, with the compiler's text beside it (`tests/fail.rs`). More than
//!   one error in a case has its reason at the head of the file.
//! - `<attribute>/pass/<form>.rs`: ordinary modules that must compile without a warning (`tests/pass.rs`).
//! - `renamed/`: a crate with one dependency, under another name.
//!
//! `CASE=shield cargo test -p temporal-ui-tests --test fail` runs the cases with that in their name, and
//! `TRYBUILD=overwrite` rewrites their texts: read the difference before it is committed.
