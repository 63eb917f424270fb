//! A field without an order: a warning, which the first line makes an error.

#![deny(deprecated)]

use std::collections::HashMap;

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    counts: HashMap<String, u32>,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<usize> {
        Ok(wf.counts.len())
    }
}

fn main() {}
