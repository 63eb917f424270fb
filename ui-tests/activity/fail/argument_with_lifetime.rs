//! An argument whose type has a lifetime.

use std::borrow::Cow;

use temporal_runtime::prelude::*;

#[activity]
async fn greet(name: Cow<'_, str>) -> Result<String> {
    Ok(name.into_owned())
}

fn main() {}
