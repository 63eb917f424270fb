//! Handlers: who is at work, what they know of themselves, and what code that only reads must not do.

use std::sync::Mutex;

use super::{Driver, HOUR};
use crate::{Canceller, handlers_finished, prelude::*};

#[workflow]
#[derive(Default)]
struct Desk {
    log: Vec<String>,
    closing: bool,
    patient: bool,
    /// Smuggled past `&self`.
    stop: Mutex<Option<Canceller>>,
}

#[workflow]
impl Desk {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        let mut wf = wf.scope();
        let stop = wf.canceller();
        wf.stop = Mutex::new(Some(stop));
        let update = format!("{:?}", wf.current_update_info());
        wf.log.push(update);
        wf.wait(|s| s.closing).await?;
        let idle = wf.all_handlers_finished();
        wf.log.push(format!("idle {idle}"));
        if wf.patient {
            wf.execute(handlers_finished()).await?;
        }
        Ok(wf.log.clone())
    }

    #[signal]
    fn close(&mut self, patient: bool) {
        (self.closing, self.patient) = (true, patient);
    }

    #[signal]
    async fn slow(wf: &mut Wf<Self>, text: String) -> Result<()> {
        wf.sleep(HOUR).await?;
        wf.log.push(text);
        Ok(())
    }

    #[update]
    async fn book(wf: &mut Wf<Self>, text: String) -> Result<String> {
        let spawned = wf.spawn(async |wf| {
            let id = wf.current_update_info().map(|update| update.id.clone());
            Ok::<_, Error>(id)
        });
        let id = wf.execute(spawned).await?;
        wf.sleep(HOUR).await?;
        let update = wf
            .current_update_info()
            .cloned()
            .ok_or("not in an update")?;
        wf.log.push(format!("{} {} {text}", update.id, update.name));
        Ok(id.unwrap_or_default())
    }

    #[validator(book)]
    fn check(&self, text: &String) -> Result<()> {
        match text.as_str() {
            "" => Err("nothing to book".into()),
            "panic" => panic!("a bug"),
            "smuggle" => self.smuggle(),
            _ => Ok(()),
        }
    }

    #[query]
    fn smuggle(&self) -> Result<()> {
        if let Some(stop) = &mut *self.stop.lock().expect("one thread") {
            stop.cancel();
        }
        Ok(())
    }

    #[query]
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }
}

#[test]
fn a_run_waits_for_its_handlers() {
    let mut run = Driver::start("Desk", vec![]);
    run.signal("slow", "s".to_owned());
    run.update("u1", "book", "a table".to_owned());
    assert_eq!(
        run.task(),
        ["start timer 1 3600s", "accept u1", "start timer 2 3600s"]
    );
    run.signal("close", true);
    assert_eq!(run.task(), [""; 0], "two handlers are at work");
    run.fire("1");
    assert_eq!(run.task(), [""; 0], "one is");
    run.fire("2");
    assert_eq!(
        run.task(),
        [
            "update u1 gives \"u1\"",
            r#"complete ["None","idle false","s","u1 book a table"]"#
        ]
    );
}

#[test]
fn a_run_that_does_not_wait_cuts_its_handlers_off() {
    let mut run = Driver::start("Desk", vec![]);
    run.signal("slow", "s".to_owned());
    run.task();
    run.signal("close", false);
    assert_eq!(run.task(), [r#"complete ["None","idle false"]"#]);
}

#[test]
fn a_rejected_update_leaves_no_command() {
    let mut run = Driver::start("Desk", vec![]);
    for (id, text) in [("u1", ""), ("u2", "panic"), ("u3", "smuggle")] {
        run.update(id, "book", text.to_owned());
    }
    assert_eq!(run.task(), [""; 0]);
    let refused = run.rejections();
    assert_eq!(refused[0], "nothing to book");
    assert!(refused[1].starts_with("the validator panicked: a bug ("));
    assert!(
        refused[2].contains(
            "a validator only reads: it can neither start nor cancel anything; make it an `#[update]`"
        ),
        "{refused:?}"
    );
}

#[test]
fn a_query_that_commands_fails_and_the_run_goes_on() {
    let mut run = Driver::start("Desk", vec![]);
    let refused = run.refused_query("smuggle");
    assert!(
        refused.contains("a query only reads: it can neither start nor cancel anything"),
        "{refused}"
    );
    assert_eq!(run.query::<Vec<String>>("log"), ["None"]);
    run.signal("close", false);
    assert_eq!(run.task(), [r#"complete ["None","idle true"]"#]);
}

#[test]
fn the_validator_is_not_asked_on_replay() {
    // `Driver::task` replays with a run of `Desk`; here the validator would refuse what history has accepted
    let mut run = Driver::start("Desk", vec![]);
    run.update("u1", "book", "a table".to_owned());
    run.task();
    let refused = run.replay_as("StrictDesk");
    assert_eq!(refused, Ok(()));
}

/// [`Desk`], later: its validator refuses everything.
#[workflow]
#[derive(Default)]
struct StrictDesk;

#[workflow]
impl StrictDesk {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|_| false).await
    }

    #[update]
    async fn book(wf: &mut Wf<Self>, text: String) -> Result<String> {
        wf.sleep(HOUR).await?;
        Ok(text)
    }

    #[validator(book)]
    fn check(&self, _text: &String) -> Result<()> {
        Err("closed for good".into())
    }
}
