//! A handle of something that is no workflow.

use temporal_runtime::prelude::*;

struct X;

fn caller(client: &Client) {
    let _ = client.workflow::<X>("id");
}

fn main() {}
