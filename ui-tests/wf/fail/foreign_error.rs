//! `?` on an error that the prelude's `Error` does not convert from.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        let number = parse("1")?;
        Ok(number + wf.n)
    }
}

#[derive(Debug)]
struct Odd;

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("odd")
    }
}

impl std::error::Error for Odd {}

fn parse(_: &str) -> Result<u32, Odd> {
    Err(Odd)
}

fn main() {}
