//! Patterns in parameters: callers see a name for each.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "1s")]
async fn sum(_first: u32, mut second: u32, (third, fourth): (u32, u32), _: u32) -> Result<u32> {
    second += 1;
    Ok(second + third + fourth)
}

#[workflow]
#[derive(Default)]
struct Patterns {
    n: u32,
}

#[workflow]
impl Patterns {
    #[run]
    async fn run(wf: &mut Wf<Self>, (a, b): (u32, u32), mut c: u32) -> Result<u32> {
        c += wf.n;
        wf.execute(sum::with(a, b, (c, 1), 0)).await
    }

    #[signal]
    fn add(&mut self, _by: String, (a, b): (u32, u32)) {
        self.n += a + b;
    }

    /// The `Wf` may stand anywhere.
    #[update]
    async fn later(seconds: u64, wf: &mut Wf<Self>) -> Result<u32> {
        wf.sleep(Duration::from_secs(seconds)).await?;
        Ok(wf.n)
    }
}

async fn caller(client: &Client) -> Result<u32> {
    let handle = client.start(Patterns::with((1, 2), 3)).await?;
    handle.add("ann", (1, 2)).await?;
    handle.later(1).await
}

#[test]
fn arguments_have_names() {
    assert_eq!(
        crate::activity("sum").args,
        ["first: u32", "second: u32", "arg2: (u32, u32)", "arg3: u32"]
    );
    assert_eq!(
        crate::workflow("Patterns").args,
        ["arg1: (u32, u32)", "c: u32"]
    );
    let _ = caller;
}
