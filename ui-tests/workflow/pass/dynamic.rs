//! Workflows and activities for every name, and handlers that may be cut off.

use temporal_runtime::{RawValue, prelude::*};

#[workflow]
struct Anything {
    name: String,
    count: usize,
}

#[workflow(dynamic)]
impl Anything {
    #[init]
    fn new(name: String, args: Vec<RawValue>) -> Self {
        Self {
            name,
            count: args.len(),
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, name: String, args: Vec<RawValue>) -> Result<String> {
        wf.count += args.len();
        Ok(format!("{} {name} {}", wf.name, wf.count))
    }

    #[signal(dynamic, unfinished = "abandon")]
    async fn any_signal(wf: &mut Wf<Self>, name: String, _args: Vec<RawValue>) -> Result<()> {
        wf.name = name;
        wf.sleep(Duration::from_secs(1)).await
    }

    #[update(unfinished = "warn")]
    async fn change(wf: &mut Wf<Self>) -> Result<()> {
        wf.sleep(Duration::from_secs(1)).await
    }
}

mod functions {
    use super::*;

    #[workflow(dynamic, fail_on = ["ParseIntError", "panic"])]
    pub(crate) async fn anything(wf: &mut Wf, _name: String, args: Vec<RawValue>) -> Result<usize> {
        wf.sleep(Duration::from_secs(1)).await?;
        Ok(args.len())
    }

    #[activity(dynamic)]
    async fn any_activity(
        ctx: &ActivityContext,
        name: String,
        args: Vec<RawValue>,
    ) -> Result<usize> {
        assert_eq!(ctx.info().activity_type, name);
        Ok(args.len())
    }

    pub(crate) struct Shelf;

    #[activity]
    impl Shelf {
        #[activity(dynamic)]
        fn any(&self, name: String, _args: Vec<RawValue>) -> Result<String> {
            Ok(name)
        }
    }
}

#[test]
fn what_takes_every_name_is_registered_as_such() {
    let registered = crate::workflow("Anything");
    assert!(registered.dynamic);
    assert_eq!(registered.args, ["name: String", "args: Vec<RawValue>"]);
    assert!(registered.signals[0].abandon && !registered.updates[0].abandon);
    let function = crate::workflow("anything");
    assert!(function.dynamic);
    assert_eq!(function.fail_on, ["ParseIntError", "panic"]);
    assert!(crate::activity("any_activity").dynamic);
    let _ = (functions::Shelf, |handle: AnythingHandle| {
        drop(handle.change());
    });
}
