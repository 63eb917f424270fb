//! `#[workflow]` on a module.

use temporal_runtime::prelude::*;

#[workflow]
mod m {}

fn main() {}
