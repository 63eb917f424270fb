//! `#[init]` with the workflow's arguments, with arguments that `#[run]` does not take, fallible, and without any.

use temporal_runtime::prelude::*;

#[workflow]
struct FromInitOnly {
    name: String,
}

#[workflow]
impl FromInitOnly {
    #[init]
    fn new(name: String) -> Result<Self> {
        if name.is_empty() {
            return Err("a name is needed".into());
        }
        Ok(Self { name })
    }

    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        Ok(wf.name.clone())
    }
}

#[workflow]
struct WithoutArguments {
    n: u8,
}

#[workflow]
impl WithoutArguments {
    #[init]
    fn new() -> Self {
        Self { n: 3 }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, times: u8) -> Result<u8> {
        Ok(wf.n * times)
    }
}

#[workflow]
#[derive(Default)]
struct NoWf;

#[workflow]
impl NoWf {
    #[run]
    async fn run() {}
}

#[test]
fn arguments_are_those_of_whoever_takes_some() {
    assert_eq!(crate::workflow("FromInitOnly").args, ["name: String"]);
    assert_eq!(crate::workflow("WithoutArguments").args, ["times: u8"]);
    assert_eq!(crate::workflow("NoWf").args.len(), 0);
    let _ = (
        FromInitOnly::with("x"),
        WithoutArguments::with(1),
        NoWf::with(),
    );
}

#[test]
fn a_state_is_built_from_the_arguments() {
    let init = crate::workflow("FromInitOnly").vtable.init;
    let state = init(vec![crate::payload("\"ann\"")]).expect("the arguments fit");
    assert_eq!(
        state
            .downcast_ref::<FromInitOnly>()
            .map(|s| s.name.as_str()),
        Some("ann")
    );
    assert!(
        init(vec![crate::payload("\"\"")]).is_err(),
        "the function refused"
    );
    assert!(init(vec![crate::payload("1")]).is_err(), "no string");
    assert!(init(vec![]).is_err(), "an argument is missing");
}
