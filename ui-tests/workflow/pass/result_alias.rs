//! Result types by any name: an alias without arguments, one of another crate, one with its own error.

use temporal_runtime::prelude::*;

type Out = Result<u32>;
type MyResult<T> = std::result::Result<T, Odd>;
type Ctx = Wf<AliasedResults>;

#[derive(Debug)]
struct Odd;

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("odd")
    }
}

impl std::error::Error for Odd {}

#[activity(start_to_close = "1s")]
async fn aliased() -> Out {
    Ok(1)
}

#[activity(start_to_close = "1s")]
fn of_io(path: String) -> std::io::Result<String> {
    Ok(path)
}

#[activity(start_to_close = "1s")]
fn of_anyhow() -> anyhow::Result<Vec<u8>> {
    Ok(vec![1])
}

#[activity(start_to_close = "1s")]
async fn of_text() -> Result<u8, String> {
    Err("no".to_owned())
}

#[activity(start_to_close = "1s")]
async fn of_nothing() {}

#[workflow]
#[derive(Default)]
struct AliasedResults {
    n: u32,
}

#[workflow]
impl AliasedResults {
    #[run]
    async fn run(wf: &mut Ctx) -> Out {
        let n: u32 = wf.execute(aliased::with()).await?;
        let _: Vec<u8> = wf.execute(of_anyhow::with()).await?;
        let (): () = wf.execute(of_nothing::with()).await?;
        let _: Result<u8> = wf.execute(of_text::with()).await;
        let _: String = wf.execute(of_io::with("x")).await?;
        wf.n = n;
        Ok(n)
    }

    #[query]
    fn fallible(&self) -> MyResult<u32> {
        Err(Odd)
    }

    #[update]
    fn set(&mut self, n: u32) -> MyResult<u32> {
        Ok(std::mem::replace(&mut self.n, n))
    }

    #[signal]
    fn poke(&mut self) -> MyResult<()> {
        Err(Odd)
    }
}

async fn caller(handle: &AliasedResultsHandle) -> Result<u32> {
    let asked: u32 = handle.fallible().await?;
    let old: u32 = handle.set(1).await?;
    handle.poke().await?;
    let result: u32 = handle.result().await?;
    Ok(asked + old + result)
}

#[test]
fn the_output_is_what_the_alias_hides() {
    let payload = crate::payload("7");
    assert_eq!(crate::result_of::<AliasedResults>(payload.clone()), 7);
    assert_eq!(crate::result_of_activity::<aliased>(payload), 7);
    let _ = caller;
}
