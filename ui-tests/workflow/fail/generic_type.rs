//! A generic workflow type.

use temporal_runtime::prelude::*;

#[workflow]
struct W<T> {
    value: T,
}

fn main() {}
