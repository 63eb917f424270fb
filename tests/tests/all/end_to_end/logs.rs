//! What workers of this binary tell people: its tests share one log, and find their lines by a workflow id.

use std::{
    cell::RefCell,
    fmt::{Debug, Write as _},
    sync::{Mutex, Once, PoisonError},
};

use temporal_runtime::prelude::*;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::end_to_end;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// The fields of each span.
static SPANS: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// From here on, warnings and errors are kept.
pub(super) fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Keeper).expect("nobody else keeps the log");
    });
}

/// The lines that have this text in them.
pub(super) fn lines(about: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines
        .iter()
        .filter(|line| line.contains(about))
        .cloned()
        .collect()
}

struct Keeper;

impl Subscriber for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        let spans = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
        ENTERED.with_borrow(|entered| {
            for id in entered {
                let at = usize::try_from(*id).expect("few spans") - 1;
                line.0.push_str(&spans[at]);
            }
        });
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.0);
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Line(format!(" {}:", attributes.metadata().name()));
        attributes.record(&mut fields);
        let mut spans = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
        spans.push(fields.0);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, id: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(id.into_u64()));
    }

    fn exit(&self, _: &Id) {
        ENTERED.with_borrow_mut(|entered| {
            entered.pop();
        });
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // writing to a string cannot fail
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

#[workflow]
#[derive(Default)]
struct Speaker {
    heard: usize,
}

#[workflow]
impl Speaker {
    #[run]
    async fn run(wf: &mut Wf<Self>, name: String) -> Result<usize> {
        tracing::warn!("{name} begins");
        wf.sleep(Duration::from_millis(10)).await?;
        tracing::warn!("{name} goes on");
        wf.wait(|s| s.heard == 2).await?;
        Ok(wf.heard)
    }

    #[signal]
    async fn hear(wf: &mut Wf<Self>) -> Result<()> {
        tracing::warn!("hears");
        wf.sleep(Duration::from_millis(10)).await?;
        tracing::warn!("heard");
        wf.heard += 1;
        Ok(())
    }

    #[update]
    fn tell(&mut self, what: String) -> Result<()> {
        tracing::warn!("is told {what}");
        self.heard += 1;
        Ok(())
    }
}

/// Fails twice, the second time as expected.
#[activity(start_to_close = "30s", initial_interval = "1ms")]
async fn prints_at_last(ctx: &ActivityContext) -> Result<u32> {
    match ctx.info().attempt {
        1 => Err("out of paper".into()),
        2 => Err(ApplicationError::new("busy, as always").benign().into()),
        attempt => Ok(attempt),
    }
}

#[workflow]
async fn prints_here_and_there(wf: &mut Wf) -> Result<(u32, u32)> {
    let there = wf.execute(prints_at_last::with()).await?;
    Ok((there, wf.execute(prints_at_last::with().local()).await?))
}

end_to_end! {
    async fn a_failed_attempt_is_told_of_unless_it_is_benign(env) {
        keep();
        let handle = env.client().start(prints_here_and_there::with()).await?;
        assert_eq!(handle.result().await?, (3, 3));
        let told = lines(handle.id());
        assert_eq!(told.len(), 2, "{told:#?}");
        for line in told {
            let text = "activity_type=prints_at_last";
            assert!(line.starts_with("WARN") && line.contains(text), "{line}");
            assert!(line.contains("attempt=1") && line.contains("an attempt failed: out of paper"), "{line}");
        }
    }

    async fn workflow_code_logs_each_line_once_with_its_run(env) {
        keep();
        let handle = env.client().start(Speaker::with("ann")).await?;
        handle.hear().await?;
        handle.tell("bob").id("u-7").await?;
        assert_eq!(handle.result().await?, 2);
        let told = lines(handle.run_id().unwrap_or_default());
        assert_eq!(told.len(), 5, "{told:#?}");
        for (text, span) in [
            ("ann begins", ""),
            ("ann goes on", ""),
            ("hears", " signal: signal_name=hear signal_event_id="),
            ("heard", " signal: signal_name=hear signal_event_id="),
            ("is told bob", " update: update_name=tell update_id=u-7"),
        ] {
            let line: Vec<&String> = told.iter().filter(|line| line.contains(&format!("message={text} "))).collect();
            assert_eq!(line.len(), 1, "{text}: {told:#?}");
            let run = format!(" workflow: workflow_type=Speaker workflow_id={} run_id=", handle.id());
            assert!(line[0].contains(&run) && line[0].contains(span), "{text}: {told:#?}");
        }
    }
}
