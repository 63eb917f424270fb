//! Names that generated code uses for itself.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "1s")]
async fn invoke(args: u8, it: u8, r: u8) -> Result<u8> {
    Ok(args + it + r)
}

#[workflow]
async fn run(wf: &mut Wf, core: u8) -> Result<u8> {
    wf.execute(invoke::with(core, 1, 2)).await
}

#[workflow]
async fn init(args: u8) -> Result<u8> {
    Ok(args)
}

#[workflow]
async fn signal(name: String) -> Result<String> {
    Ok(name)
}

#[test]
fn each_is_itself() {
    assert_eq!(crate::workflow("run").args, ["core: u8"]);
    assert_eq!(crate::workflow("init").args, ["args: u8"]);
    assert_eq!(crate::workflow("signal").args, ["name: String"]);
    assert_eq!(crate::ready(invoke(1, 2, 3)).ok(), Some(6));
}
