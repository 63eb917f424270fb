//! `#[activity]` on a struct.

use temporal_runtime::prelude::*;

#[activity]
struct S;

fn main() {}
