//! Each way to say that a difference does no harm. No warning and no unknown attribute is left.

use std::collections::HashMap;
use std::time::Instant;

use temporal_runtime::prelude::*;

/// The map is only ever asked for a key.
#[workflow]
#[derive(Default)]
struct Excused {
    #[nondeterministic]
    by_name: HashMap<String, u32>,
}

#[workflow]
impl Excused {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        #[nondeterministic]
        let started = Instant::now();
        wf.sleep(Duration::from_secs(1)).await?;
        #[nondeterministic]
        {
            println!(
                "{:?}, on thread {:?}",
                started.elapsed(),
                std::thread::current().id()
            );
        }
        Ok(wf.by_name.get("a").copied().unwrap_or_default() + Self::helper(wf).await)
    }

    #[signal(allow(nondeterminism))]
    fn remember(&mut self, name: String) {
        eprintln!("{name}");
        self.by_name.insert(name, 1);
    }

    #[nondeterministic]
    async fn helper(_wf: &mut Wf<Self>) -> u32 {
        std::process::id().min(1)
    }
}

#[workflow(allow(nondeterminism))]
#[derive(Default)]
struct AllAllowed {
    by_name: HashMap<String, u32>,
}

#[workflow(allow(nondeterminism))]
impl AllAllowed {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<usize> {
        println!("{:?}", Instant::now());
        Ok(wf.by_name.len())
    }
}

#[workflow(allow(nondeterminism))]
async fn allowed_function(_wf: &mut Wf) -> Result<String> {
    Ok(format!("{:?}", Instant::now()))
}

#[test]
fn they_are_workflows_all_the_same() {
    for name in ["Excused", "AllAllowed", "allowed_function"] {
        assert_eq!(super::workflow(name).name, name);
    }
}
