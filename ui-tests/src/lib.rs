//! What the macros refuse, and how they say it; and what they accept although it is unusual.
//!
//! - `<attribute>/fail/<mistake>.rs`: one mistake each, with the compiler's text beside it (`tests/fail.rs`).
//! - `<attribute>/pass/<form>.rs`: ordinary modules that must compile without a warning (`tests/pass.rs`).
