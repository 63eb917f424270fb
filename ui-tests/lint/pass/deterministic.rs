//! Code that resembles what the determinism lint refuses, and is fine. No warning comes of it.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct Careful {
    by_name: BTreeMap<String, u32>,
}

#[workflow]
impl Careful {
    #[run]
    async fn run(wf: &mut Wf<Self>, address: String) -> Result<String> {
        let now = wf.now();
        wf.sleep(Duration::from_secs(1)).await?;
        let address: IpAddr = address.parse().map_err(|_| "no address")?;
        let text: &'static str = "SystemTime::now()";
        let asked = tokio::select! {
            biased;
            () = std::future::ready(()) => 1,
        };
        let first = wf.by_name.keys().next().cloned();
        Ok(format!(
            "{address} {first:?} {asked} {text} {:?}",
            wf.now() > now
        ))
    }

    /// A query is not replayed.
    #[query]
    fn snapshot(&self) -> HashMap<String, u32> {
        HashMap::from_iter(self.by_name.clone())
    }

    /// Nor is a function that no handler needs to be.
    fn started() -> std::time::SystemTime {
        std::time::SystemTime::now()
    }
}

#[test]
fn it_is_registered() {
    assert!(Careful::started() > std::time::UNIX_EPOCH);
    let queries = super::workflow("Careful").queries;
    assert!(queries.iter().any(|query| query.name == "snapshot"));
}
