//! Generated code needs nothing in scope, and does not mind what is.
#![no_implicit_prelude]

// Names that generated code must not pick up.
#[allow(dead_code, reason = "they only have to be in the way")]
struct Box;
#[allow(dead_code, reason = "they only have to be in the way")]
struct Result;
#[allow(dead_code, reason = "they only have to be in the way")]
struct Vec;
#[allow(dead_code, reason = "they only have to be in the way")]
trait Send {}
#[allow(dead_code, reason = "they only have to be in the way")]
trait Into {}
#[allow(dead_code, reason = "they only have to be in the way")]
mod core {}
#[allow(dead_code, reason = "they only have to be in the way")]
mod std {}
#[allow(dead_code, reason = "they only have to be in the way")]
mod temporal_runtime {}

// The attributes of roles need no import: `#[workflow]` reads them.
use ::temporal_runtime::{activity, workflow};

/// A workflow of one letter: generic parameters of generated code must not clash with it.
#[workflow]
struct S {
    n: u32,
}

#[workflow]
impl S {
    #[init]
    fn new(name: ::std::string::String) -> Self {
        ::core::mem::drop(name);
        Self { n: 0 }
    }

    #[run]
    async fn run(
        wf: &mut ::temporal_runtime::Wf<Self>,
        name: ::std::string::String,
    ) -> ::temporal_runtime::Result<u32> {
        wf.execute(shout::with(name)).await?;
        ::core::result::Result::Ok(wf.n)
    }

    #[signal]
    fn args(&mut self, it: u32, core: u32, wf: u32) {
        self.n = it + core + wf;
    }

    #[signal]
    async fn name(wf: &mut ::temporal_runtime::Wf<Self>, args: u32) {
        wf.n = args;
    }

    #[query]
    fn r(&self, raw: u32) -> u32 {
        self.n + raw
    }

    #[update]
    fn set(&mut self, a0: u32, a1: u32) -> ::temporal_runtime::Result<u32> {
        self.n = a0;
        ::core::result::Result::Ok(a1)
    }

    #[validator(set)]
    fn check(&self, a1: &u32, a0: &u32) -> ::temporal_runtime::Result<()> {
        ::core::assert_eq!((*a0, *a1), (2, 1));
        ::core::result::Result::Ok(())
    }

    #[update(dynamic)]
    fn any(
        &mut self,
        name: ::std::string::String,
        args: ::std::vec::Vec<::temporal_runtime::RawValue>,
    ) -> ::temporal_runtime::Result<usize> {
        ::core::result::Result::Ok(name.len() + args.len())
    }
}

#[activity(start_to_close = "1s", max_attempts = 1)]
async fn shout(args: ::std::string::String) -> ::temporal_runtime::Result<::std::string::String> {
    ::core::result::Result::Ok(args)
}

#[activity(start_to_close = "1s")]
fn whisper(inv: &u8, args: u8) -> ::temporal_runtime::Result<u8> {
    ::core::result::Result::Ok(*inv + args)
}

#[workflow]
async fn letter(wf: &mut ::temporal_runtime::Wf) -> ::temporal_runtime::Result<u8> {
    wf.execute(whisper::with(1)).await
}

#[::core::prelude::v1::test]
fn everything_is_registered() {
    ::core::assert_eq!(crate::names(crate::workflow("S").updates), ["set", "*"]);
    ::core::assert_eq!(crate::workflow("letter").args.len(), 0);
    ::core::assert_eq!(crate::activity("whisper").needs.len(), 1);
    let _: ::core::option::Option<(SHandle, LetterHandle)> = ::core::option::Option::None;
}
