//! What workflow code logs: once, with the fields of the run and of the message.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber, dispatcher,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::{Driver, HOUR, args};
use crate::prelude::*;

/// Keeps each line with the spans it was written in.
#[derive(Default)]
struct Keeper(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    lines: Vec<String>,
    spans: BTreeMap<u64, String>,
    entered: Vec<u64>,
}

impl Keeper {
    fn kept<T>(&self, f: impl FnOnce(&mut Kept) -> T) -> T {
        f(&mut self.0.lock().expect("one thread"))
    }
}

impl Subscriber for Keeper {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.kept(|kept| {
            let spans: Vec<String> = kept.entered.iter().map(|s| kept.spans[s].clone()).collect();
            kept.lines.push(format!("{}|{}", line.0, spans.join("|")));
        });
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Line(attributes.metadata().name().to_owned());
        attributes.record(&mut fields);
        self.kept(|kept| {
            let id = kept.spans.len() as u64 + 1;
            kept.spans.insert(id, fields.0);
            Id::from_u64(id)
        })
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, id: &Id) {
        self.kept(|kept| kept.entered.push(id.into_u64()));
    }

    fn exit(&self, _: &Id) {
        self.kept(|kept| kept.entered.pop());
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

#[workflow]
struct Talks {
    stop: bool,
}

#[workflow]
impl Talks {
    #[init]
    fn new(_name: String) -> Self {
        tracing::info!("init");
        Self { stop: false }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, name: String) -> Result<()> {
        tracing::info!(name, "run");
        wf.sleep(HOUR).await?;
        tracing::info!("awake");
        wf.wait(|s| s.stop).await
    }

    #[signal]
    async fn greet(wf: &mut Wf<Self>, _text: String) -> Result<()> {
        tracing::info!("greeted");
        wf.sleep(HOUR).await?;
        tracing::info!("greeted long ago");
        Ok(())
    }

    #[signal]
    fn stop(&mut self, _text: String) {
        self.stop = true;
    }

    #[update]
    fn change(&mut self, _text: String) -> Result<()> {
        tracing::info!("changed");
        Ok(())
    }

    #[query]
    fn ask(&self) -> bool {
        tracing::info!("asked");
        self.stop
    }
}

/// Each task of the driver is followed by a replay of everything, by a fresh run.
#[test]
fn each_line_is_written_once_with_its_run_and_message() {
    let keeper = Keeper::default();
    let kept = keeper.0.clone();
    dispatcher::with_default(&Dispatch::new(keeper), || {
        let mut run = Driver::start("Talks", args(["x"]));
        run.signal("greet", "hello".to_owned());
        run.task();
        run.update("u1", "change", "it".to_owned());
        run.task();
        run.fire("1");
        run.fire("2");
        run.task();
        run.signal("nobody", String::new());
        run.task();
        run.query::<bool>("ask");
        run.signal("stop", String::new());
        run.task();
    });
    let lines = kept.lock().expect("one thread").lines.clone();
    let said: Vec<(&str, usize)> = lines
        .iter()
        .map(|line| {
            let mut parts = line.split('|');
            let text = parts.next().unwrap_or_default();
            (text.trim_start_matches(" message="), parts.count())
        })
        .collect();
    assert_eq!(
        said[..7],
        [
            ("init", 1),
            ("run name=\"x\"", 1),
            ("greeted", 2),
            ("changed", 2),
            ("awake", 1),
            ("greeted long ago", 2),
            (said[6].0, 1),
        ],
        "{lines:#?}"
    );
    assert!(
        said[6]
            .0
            .contains("a signal `nobody` arrived and nothing handles it")
    );
    assert_eq!(said[7..], [("asked", 2)], "{lines:#?}");
    let run = "workflow workflow_type=Talks workflow_id=w run_id=r task_queue=q namespace=default attempt=1";
    let event = "signal signal_name=greet signal_event_id=";
    assert!(lines[1].ends_with(run), "{}", lines[1]);
    assert!(
        lines[2].contains(run) && lines[2].contains(event),
        "{lines:#?}"
    );
    let update = "update update_name=change update_id=u1";
    assert!(lines[3].ends_with(update), "{lines:#?}");
    assert!(lines[5].contains(event), "{lines:#?}");
    assert!(lines[7].ends_with("query query_name=ask"), "{lines:#?}");
}

#[workflow]
#[derive(Default)]
struct Shy {
    loud: bool,
}

#[workflow]
impl Shy {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        if wf.is_replaying() {
            speaks();
        }
        wf.wait(|s| s.loud).await?;
        speaks();
        Ok(())
    }

    #[signal]
    fn be_loud(&mut self, loud: bool) {
        self.loud = loud;
    }
}

fn speaks() {
    tracing::info!("hello");
}

#[test]
fn a_line_that_is_met_on_replay_first_is_heard_later() {
    let keeper = Keeper::default();
    let kept = keeper.0.clone();
    dispatcher::with_default(&Dispatch::new(keeper), || {
        let mut run = Driver::start("Shy", vec![]);
        run.signal("be_loud", true);
        run.task();
    });
    assert_eq!(kept.lock().expect("one thread").lines.len(), 1);
}
