//! Raw identifiers: on the wire they have no `r#`.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "1s")]
async fn r#match(r#type: String) -> Result<String> {
    Ok(r#type)
}

#[workflow]
async fn r#loop(wf: &mut Wf, r#in: u8) -> Result<String> {
    wf.execute(r#match::with(r#in.to_string())).await
}

#[workflow]
#[derive(Default)]
struct RawNames {
    r#fn: u32,
}

#[workflow]
impl RawNames {
    #[run]
    async fn r#async(wf: &mut Wf<Self>, r#use: u32) -> Result<u32> {
        Ok(wf.r#fn + r#use)
    }

    #[signal]
    fn r#break(&mut self, r#else: u32) {
        self.r#fn = r#else;
    }

    #[query]
    fn r#type(&self) -> u32 {
        self.r#fn
    }

    #[update]
    fn r#const(&mut self, r#let: u32) -> Result<()> {
        self.r#fn = r#let;
        Ok(())
    }

    #[validator(r#const)]
    fn check(&self, r#let: &u32) -> Result<()> {
        if *r#let > 9 {
            Err("too much".into())
        } else {
            Ok(())
        }
    }
}

async fn caller(handle: &RawNamesHandle, looped: &LoopHandle) -> Result<()> {
    handle.r#break(1).await?;
    handle.r#const(handle.r#type().await?).await?;
    drop(looped.result().await?);
    Ok(())
}

#[test]
fn the_wire_has_plain_names() {
    let registered = crate::workflow("RawNames");
    assert_eq!(crate::names(registered.signals), ["break"]);
    assert_eq!(crate::names(registered.queries), ["type"]);
    assert_eq!(crate::names(registered.updates), ["const"]);
    assert_eq!(registered.args, ["r#use: u32"]);
    assert_eq!(crate::workflow("loop").args, ["r#in: u8"]);
    assert_eq!(crate::activity("match").args, ["r#type: String"]);
    let _ = caller;
}
