//! A worker whose activity never ends: only a second signal ends it.

use std::io::Write;

use temporal_runtime::prelude::*;

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

#[activity(start_to_close = "1h")]
async fn holds() -> Result<()> {
    say("holding")?;
    std::future::pending().await
}

#[workflow]
async fn held(wf: &mut Wf) -> Result<()> {
    wf.execute(holds::with()).await
}

#[temporal_runtime::main]
async fn main(app: App) -> Result<App> {
    Ok(app)
}
