//! A workflow without a body that takes what only its implementation has.

use temporal_runtime::prelude::*;

#[workflow]
async fn invoice(wf: &mut Wf, order: String) -> Result<String>;

fn main() {}
