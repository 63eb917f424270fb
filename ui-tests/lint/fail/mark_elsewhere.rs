//! The mark on something that is no workflow code.

use temporal_runtime::prelude::*;

#[nondeterministic]
fn helper() {}

fn main() {}
