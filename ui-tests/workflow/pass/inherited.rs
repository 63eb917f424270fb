//! Handlers of traits: in a module of its own, with supertraits, arguments of all kinds, and a cfg.

use temporal_runtime::prelude::*;

mod shared {
    use temporal_runtime::prelude::*;

    pub(super) trait Titled {
        fn title(&self) -> String;
    }

    /// Can be stopped.
    #[workflow]
    pub(super) trait Stoppable: Titled {
        /// Stops it.
        #[signal]
        fn stop(&mut self, by: String, _at: u64);

        #[cfg(unix)]
        #[signal(name = "stopUnix")]
        fn stop_unix(&mut self) {
            self.stop("unix".to_owned(), 0);
        }

        #[cfg(not(unix))]
        #[signal(name = "stopOther")]
        fn stop_other(&mut self) {}

        #[query]
        fn r#type(&self) -> Result<String> {
            Ok(self.title())
        }

        #[update(unfinished = "abandon")]
        async fn add_up(wf: &mut Wf<Self>, (a, b): (u32, u32)) -> Result<u32> {
            wf.sleep(Duration::from_secs(u64::from(a))).await?;
            Ok(a + b)
        }
    }
}

#[workflow]
trait Counts {
    #[query]
    fn counted(wf: &Wf<Self>) -> u64;
}

use shared::{Stoppable, StoppableHandle};

#[workflow(name = "stopped and counted", inherits(Stoppable, Counts))]
#[derive(Default)]
struct Both(u64);

impl shared::Titled for Both {
    fn title(&self) -> String {
        format!("both {}", self.0)
    }
}

impl Stoppable for Both {
    fn stop(&mut self, by: String, at: u64) {
        self.0 += at + by.len() as u64;
    }
}

impl Counts for Both {
    fn counted(wf: &Wf<Self>) -> u64 {
        wf.0
    }
}

#[workflow]
impl Both {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u64> {
        Ok(wf.0)
    }
}

/// A typed handle has the messages of every trait, and passes for the handle of one.
async fn calls(both: BothHandle, by_name: StoppableHandle) -> Result<u64> {
    both.stop("ann", 1).await?;
    assert_eq!(both.add_up((1, 2)).await?, 3);
    by_name.stop("ann", 1).await?;
    let again: StoppableHandle = by_name.clone();
    println!("{again:?} {}", again.r#type().await?);
    both.counted().await
}

#[test]
fn handlers_of_traits_are_registered() {
    let both = crate::workflow("stopped and counted");
    assert_eq!(both.inherited.len(), 2);
    let stop = if cfg!(unix) { "stopUnix" } else { "stopOther" };
    assert_eq!(crate::names(both.inherited[0].signals), ["stop", stop]);
    assert_eq!(crate::names(both.inherited[0].queries), ["type"]);
    assert_eq!(both.inherited[0].signals[0].doc, "Stops it.");
    assert!(both.inherited[0].updates[0].abandon);
    assert_eq!(crate::names(both.inherited[1].queries), ["counted"]);
    let _ = calls;
}
