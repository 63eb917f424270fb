//! The attribute on a struct.

use temporal_runtime::prelude::*;

#[temporal_runtime::main]
struct Main;

fn main() {}
