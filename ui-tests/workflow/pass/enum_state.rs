//! The state may be an enum.

use temporal_runtime::prelude::*;

#[workflow(name = "lamp", task_queue = "lamps", handle = Lamps)]
#[derive(Default)]
enum Lamp {
    #[default]
    Off,
    On {
        since: u64,
    },
}

#[workflow(handle = Lamps)]
impl Lamp {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|lamp| matches!(lamp, Self::On { .. })).await
    }

    #[signal]
    fn light(&mut self, since: u64) {
        *self = Self::On { since };
    }

    #[query]
    fn since(wf: &Wf<Self>) -> Option<u64> {
        match &**wf {
            Self::Off => None,
            Self::On { since } => Some(*since),
        }
    }
}

async fn caller(lamps: &Lamps) -> Result<Option<u64>> {
    lamps.light(1).await?;
    lamps.since().await
}

#[test]
fn names_are_those_of_the_attribute() {
    assert_eq!(crate::workflow("lamp").task_queue, Some("lamps"));
    let _ = caller;
}
