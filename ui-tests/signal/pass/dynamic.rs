//! Handlers for names that nobody knew when the program was built; those that are known come first.

use temporal_runtime::RawValue;
use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct Dynamic {
    seen: Vec<String>,
}

#[workflow]
impl Dynamic {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|s| !s.seen.is_empty()).await?;
        Ok(wf.seen.clone())
    }

    #[signal(dynamic)]
    fn any_signal(&mut self, name: String, args: Vec<RawValue>) {
        self.seen.push(format!("{name}/{}", args.len()));
    }

    #[signal]
    fn known(&mut self, n: u8) {
        self.seen.push(n.to_string());
    }

    #[query(dynamic)]
    fn any_query(&self, name: String, _args: Vec<RawValue>) -> String {
        name
    }

    #[update(dynamic)]
    async fn any_update(wf: &mut Wf<Self>, name: String, args: Vec<RawValue>) -> Result<usize> {
        wf.sleep(Duration::from_secs(1)).await?;
        Ok(name.len() + args.len())
    }
}

async fn caller(handle: &DynamicHandle) -> Result<()> {
    handle.known(1).await
}

#[test]
fn dynamic_handlers_are_registered_as_such() {
    let registered = crate::workflow("Dynamic");
    assert_eq!(crate::names(registered.signals), ["known", "*"]);
    assert_eq!(crate::names(registered.queries), ["*"]);
    assert_eq!(crate::names(registered.updates), ["*"]);
    let _ = caller;
}
