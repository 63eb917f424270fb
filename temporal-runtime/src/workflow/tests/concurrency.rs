//! Locks, semaphores and queues: in the order in which the waits began, across waits, cancellable, and the same on
//! replay, which the driver checks after each task.

use super::{Driver, HOUR};
use crate::{Lock, Queue, Semaphore, prelude::*};

#[activity(start_to_close = "1m")]
async fn work(what: String) -> Result<String>;

#[workflow]
struct Shop {
    log: Vec<String>,
    turn: Lock,
    two: Semaphore,
    stop: Option<Canceller>,
}

#[workflow]
impl Shop {
    #[init]
    fn new() -> Self {
        Self {
            log: Vec::new(),
            turn: Lock::new(),
            two: Semaphore::new(2),
            stop: None,
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.wait(|s| s.log.iter().any(|l| l == "end")).await?;
        Ok(wf.log.clone())
    }

    #[signal]
    fn note(&mut self, text: String) {
        self.log.push(text);
    }

    #[signal]
    async fn alone(wf: &mut Wf<Self>, name: String) -> Result<()> {
        let _turn = wf.execute(wf.turn.acquire()).await?;
        wf.log.push(format!("{name} in"));
        wf.execute(work::with(name.as_str())).await?;
        wf.log.push(format!("{name} out"));
        Ok(())
    }

    #[signal]
    async fn two_at_once(wf: &mut Wf<Self>, name: String) -> Result<()> {
        let permit = wf.execute(wf.two.acquire()).await?;
        wf.execute(work::with(name)).await?;
        drop(permit);
        Ok(())
    }

    /// Waits for the lock in a scope that can be cancelled.
    #[signal]
    async fn perhaps(wf: &mut Wf<Self>, name: String) -> Result<()> {
        let mut wf = wf.scope();
        let stop = wf.canceller();
        wf.stop = Some(stop);
        match wf.execute(wf.turn.acquire()).await {
            Ok(_) => wf.log.push(format!("{name} got it")),
            Err(error) => wf.log.push(format!("{name}: {error}")),
        }
        Ok(())
    }

    #[signal]
    fn give_up(&mut self, _how: String) {
        if let Some(stop) = &mut self.stop {
            stop.cancel();
        }
    }

    /// A turn that is granted and not taken goes back.
    #[signal]
    async fn unused(wf: &mut Wf<Self>, name: String) -> Result<()> {
        let handle = wf.start(wf.turn.acquire());
        wf.execute(work::with(name)).await?;
        drop(handle);
        Ok(())
    }

    #[query]
    fn locked(&self) -> (bool, usize) {
        (self.turn.is_locked(), self.two.available())
    }
}

#[test]
fn a_lock_is_held_across_waits_and_goes_in_order() {
    let mut run = Driver::start("Shop", vec![]);
    for name in ["a", "b", "c"] {
        run.signal("alone", name.to_owned());
    }
    assert_eq!(run.task(), ["schedule work 1"]);
    run.complete("1", String::new());
    run.signal("alone", "d".to_owned());
    assert_eq!(run.task(), ["schedule work 2"]);
    run.fail("2", "b is gone");
    // the failure of a signal handler is the workflow's; the lock went on before that
    assert_eq!(run.task(), ["schedule work 3", "fail Activity task failed"]);
}

#[test]
fn the_next_in_line_goes_before_who_comes_when_it_is_free() {
    let mut run = Driver::start("Shop", vec![]);
    run.signal("alone", "a".to_owned());
    run.signal("alone", "b".to_owned());
    run.task();
    run.complete("1", String::new());
    run.task();
    run.signal("alone", "c".to_owned());
    run.complete("2", String::new());
    run.task();
    run.complete("3", String::new());
    run.task();
    assert_eq!(run.query::<(bool, usize)>("locked"), (false, 2));
    run.signal("note", "end".to_owned());
    assert_eq!(
        run.task(),
        [r#"complete ["a in","a out","b in","b out","c in","c out","end"]"#]
    );
}

#[test]
fn who_is_cancelled_leaves_the_line() {
    let mut run = Driver::start("Shop", vec![]);
    run.signal("alone", "a".to_owned());
    run.signal("perhaps", "b".to_owned());
    run.signal("alone", "c".to_owned());
    assert_eq!(run.task(), ["schedule work 1"]);
    run.signal("give_up", String::new());
    assert_eq!(run.task(), [""; 0]);
    run.complete("1", String::new());
    assert_eq!(run.task(), ["schedule work 2"], "c is next");
    run.signal("note", "end".to_owned());
    assert_eq!(
        run.task(),
        [r#"complete ["a in","b: wait for a lock cancelled","a out","c in","end"]"#]
    );
}

#[test]
fn a_turn_that_nobody_takes_goes_on() {
    let mut run = Driver::start("Shop", vec![]);
    run.signal("unused", "u".to_owned());
    run.signal("alone", "a".to_owned());
    assert_eq!(
        run.task(),
        ["schedule work 1"],
        "it was granted to a handle"
    );
    run.complete("1", String::new());
    assert_eq!(run.task(), ["schedule work 2"], "and given back with it");
}

#[test]
fn a_semaphore_lets_so_many_in() {
    let mut run = Driver::start("Shop", vec![]);
    for name in ["a", "b", "c"] {
        run.signal("two_at_once", name.to_owned());
    }
    assert_eq!(run.task(), ["schedule work 1", "schedule work 2"]);
    run.complete("2", String::new());
    assert_eq!(run.task(), ["schedule work 3"]);
}

#[workflow]
struct Belt {
    items: Queue<String>,
    bounded: Queue<u32>,
    log: Vec<String>,
}

#[workflow]
impl Belt {
    #[init]
    fn new(capacity: usize) -> Self {
        Self {
            items: Queue::new(),
            bounded: Queue::bounded(capacity),
            log: Vec::new(),
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, _capacity: usize) -> Result<Vec<String>> {
        let sender = wf.spawn(async |mut wf: Wf<Self>| {
            for n in 0..4 {
                wf.execute(wf.bounded.send(n)).await?;
                wf.log.push(format!("sent {n}"));
            }
            Ok::<_, Error>(())
        });
        loop {
            let item = wf.execute(wf.items.receive()).await?;
            if item == "end" {
                break;
            }
            wf.log.push(item);
            let n = wf.execute(wf.bounded.receive()).await?;
            wf.log.push(format!("received {n}"));
        }
        drop(sender);
        Ok(wf.log.clone())
    }

    #[signal]
    fn feed(&mut self, item: String) {
        self.items.push(item);
    }

    #[query]
    fn waiting(&self) -> (usize, usize) {
        (self.items.len(), self.bounded.len())
    }
}

fn belt(capacity: usize) -> Vec<String> {
    let argument = crate::convert::Payload::encode(capacity).expect("a number");
    let mut run = Driver::start("Belt", vec![argument]);
    for item in ["a", "b", "end"] {
        run.signal("feed", item.to_owned());
        run.task();
    }
    let log = run.closed.expect("it ends");
    let log = log.strip_prefix("complete ").expect("it completes");
    serde_json::from_str(log).expect("a list")
}

#[test]
fn a_queue_is_fed_by_handlers_and_drained_by_run() {
    assert_eq!(
        belt(2),
        [
            "sent 0",
            "sent 1",
            "a",
            "received 0",
            "sent 2",
            "b",
            "received 1",
            "sent 3"
        ]
    );
}

#[test]
fn without_room_a_sender_waits_until_its_value_is_taken() {
    assert_eq!(
        belt(0),
        ["a", "received 0", "sent 0", "b", "received 1", "sent 1"]
    );
}

#[workflow]
#[derive(Default)]
struct Patient {
    met: bool,
}

#[workflow]
impl Patient {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<(bool, bool)> {
        let first = wf.wait_for(|s| s.met, HOUR).await?;
        let second = wf.shielded().wait_for(|_| false, HOUR).await?;
        Ok((first, second))
    }

    #[signal]
    fn meet(&mut self, met: bool) {
        self.met = met;
    }
}

#[test]
fn a_condition_is_waited_for_until_the_time_is_over() {
    let mut run = Driver::start("Patient", vec![]);
    assert_eq!(run.log, ["start timer 1 3600s"]);
    run.signal("meet", true);
    assert_eq!(run.task(), ["cancel timer 1", "start timer 2 3600s"]);
    run.fire("2");
    assert_eq!(run.task(), ["complete [true,false]"]);
}

#[test]
fn a_cancelled_wait_with_a_time_is_over_at_once() {
    let mut run = Driver::start("Patient", vec![]);
    run.request_cancel();
    assert_eq!(run.task(), ["cancel timer 1", "cancel the workflow"]);
}
