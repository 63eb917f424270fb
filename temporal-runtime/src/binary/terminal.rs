//! What people see on stderr: the story of a run, coloured on a terminal, plain lines otherwise or with `NO_COLOR`.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write},
    time::{Duration, SystemTime},
};

use temporal_protos::{
    common::{Payload, Payloads},
    history::{HistoryEvent, history_event::Attributes},
};

use crate::convert::{std_duration, std_time};

/// How much of a payload is shown.
const SHOWN: usize = 60;

/// Whether to colour what goes to a terminal.
pub(super) fn colours(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A message for people.
pub(super) fn note(text: &str) {
    line(text);
}

/// What went wrong.
pub(super) fn error(text: &str) {
    for one in text.lines() {
        line(&format!("error: {one}"));
    }
}

fn line(text: &str) {
    // nobody left to tell
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Where a demo is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    colours: bool,
}

/// The tone of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Begun,
    Done,
    Failed,
    Message,
    Quiet,
}

impl Tone {
    const fn ansi(self) -> &'static str {
        match self {
            Self::Begun => "36",
            Self::Done => "32",
            Self::Failed => "31",
            Self::Message => "35",
            Self::Quiet => "2",
        }
    }

    const fn symbol(self) -> &'static str {
        match self {
            Self::Begun => "▶",
            Self::Done => "✔",
            Self::Failed => "✘",
            Self::Message => "✉",
            Self::Quiet => "·",
        }
    }
}

impl Screen {
    pub(super) fn of_stderr() -> Self {
        Self {
            colours: colours(std::io::stderr().is_terminal()),
        }
    }

    pub(super) fn heading(self, text: &str) {
        if self.colours {
            line(&format!("\x1b[1m{text}\x1b[0m"));
        } else {
            line(text);
        }
    }

    pub(super) fn lines(self, text: &str) {
        line(text);
    }

    pub(super) fn story(self, workflow_id: &str) -> Story {
        Story {
            screen: self,
            workflow_id: workflow_id.to_owned(),
            began: None,
            names: BTreeMap::new(),
        }
    }
}

/// The events of one run, told one after the other.
#[derive(Debug)]
pub(super) struct Story {
    screen: Screen,
    workflow_id: String,
    began: Option<SystemTime>,
    /// What began with which event.
    names: BTreeMap<i64, String>,
}

impl Story {
    pub(super) fn event(&mut self, event: &HistoryEvent) {
        let time = event
            .event_time
            .as_ref()
            .map_or(SystemTime::UNIX_EPOCH, std_time);
        let began = *self.began.get_or_insert(time);
        let since = time.duration_since(began).unwrap_or_default();
        if let Some((tone, text)) = self.tell(event) {
            line(&self.format(since, tone, &text));
        }
    }

    fn format(&self, since: Duration, tone: Tone, text: &str) -> String {
        let seconds = since.as_secs_f64();
        let id = &self.workflow_id;
        if self.screen.colours {
            format!(
                "\x1b[2m{seconds:8.3} s  {id}\x1b[0m  \x1b[{}m{} {text}\x1b[0m",
                tone.ansi(),
                tone.symbol()
            )
        } else {
            format!("{seconds:8.3} s  {id}  {text}")
        }
    }

    fn name(&self, event: i64) -> &str {
        self.names.get(&event).map_or("?", String::as_str)
    }

    /// What an event says to people; workflow tasks say nothing.
    fn tell(&mut self, event: &HistoryEvent) -> Option<(Tone, String)> {
        use Attributes as A;
        let told = match event.attributes.as_ref()? {
            A::WorkflowExecutionStartedEventAttributes(a) => {
                let name = a.workflow_type.clone().unwrap_or_default().name;
                (
                    Tone::Begun,
                    format!("workflow {name}({}) started", all(a.input.as_ref())),
                )
            }
            A::ActivityTaskScheduledEventAttributes(a) => {
                let name = a.activity_type.clone().unwrap_or_default().name;
                let text = format!("activity {name}({}) scheduled", all(a.input.as_ref()));
                self.names.insert(event.event_id, name);
                (Tone::Begun, text)
            }
            A::ActivityTaskCompletedEventAttributes(a) => (
                Tone::Done,
                format!(
                    "activity {} completed: {}",
                    self.name(a.scheduled_event_id),
                    all(a.result.as_ref())
                ),
            ),
            A::ActivityTaskFailedEventAttributes(a) => {
                let why = a.failure.as_ref().map_or("", |f| f.message.as_str());
                (
                    Tone::Failed,
                    format!("activity {} failed: {why}", self.name(a.scheduled_event_id)),
                )
            }
            A::ActivityTaskTimedOutEventAttributes(a) => (
                Tone::Failed,
                format!("activity {} timed out", self.name(a.scheduled_event_id)),
            ),
            A::ActivityTaskCanceledEventAttributes(a) => (
                Tone::Failed,
                format!("activity {} cancelled", self.name(a.scheduled_event_id)),
            ),
            A::TimerStartedEventAttributes(a) => {
                let delay = a
                    .start_to_fire_timeout
                    .as_ref()
                    .map(std_duration)
                    .unwrap_or_default();
                self.names.insert(event.event_id, format!("{delay:?}"));
                (Tone::Begun, format!("timer of {delay:?} started"))
            }
            A::TimerFiredEventAttributes(a) => (
                Tone::Done,
                format!("timer of {} fired", self.name(a.started_event_id)),
            ),
            A::TimerCanceledEventAttributes(a) => (
                Tone::Quiet,
                format!("timer of {} cancelled", self.name(a.started_event_id)),
            ),
            A::WorkflowExecutionSignaledEventAttributes(a) => (
                Tone::Message,
                format!("signal {}({})", a.signal_name, all(a.input.as_ref())),
            ),
            other => return tell_rest(other),
        };
        Some(told)
    }
}

/// Updates, failed tasks, and ends.
fn tell_rest(attributes: &Attributes) -> Option<(Tone, String)> {
    use Attributes as A;
    Some(match attributes {
        A::WorkflowExecutionUpdateAcceptedEventAttributes(a) => {
            let input = a
                .accepted_request
                .as_ref()
                .and_then(|r| r.input.clone())
                .unwrap_or_default();
            (
                Tone::Message,
                format!(
                    "update {}({}) accepted",
                    input.name,
                    all(input.args.as_ref())
                ),
            )
        }
        A::WorkflowExecutionUpdateCompletedEventAttributes(_) => {
            (Tone::Done, "update completed".to_owned())
        }
        A::WorkflowExecutionCancelRequestedEventAttributes(_) => {
            (Tone::Message, "cancellation requested".to_owned())
        }
        A::WorkflowTaskFailedEventAttributes(a) => {
            let why = a.failure.as_ref().map_or("", |f| f.message.as_str());
            (Tone::Failed, format!("workflow task failed: {why}"))
        }
        A::WorkflowTaskTimedOutEventAttributes(_) => {
            (Tone::Failed, "workflow task timed out".to_owned())
        }
        A::StartChildWorkflowExecutionInitiatedEventAttributes(a) => {
            let name = a.workflow_type.clone().unwrap_or_default().name;
            (
                Tone::Begun,
                format!("child workflow {name}({}) asked for", all(a.input.as_ref())),
            )
        }
        A::ChildWorkflowExecutionCompletedEventAttributes(a) => {
            let name = a.workflow_type.clone().unwrap_or_default().name;
            (
                Tone::Done,
                format!(
                    "child workflow {name} completed: {}",
                    all(a.result.as_ref())
                ),
            )
        }
        A::WorkflowExecutionCompletedEventAttributes(a) => (
            Tone::Done,
            format!("workflow completed: {}", all(a.result.as_ref())),
        ),
        A::WorkflowExecutionFailedEventAttributes(a) => {
            let why = a.failure.as_ref().map_or("", |f| f.message.as_str());
            (Tone::Failed, format!("workflow failed: {why}"))
        }
        A::WorkflowExecutionCanceledEventAttributes(_) => {
            (Tone::Failed, "workflow cancelled".to_owned())
        }
        A::WorkflowExecutionTerminatedEventAttributes(a) => {
            (Tone::Failed, format!("workflow terminated: {}", a.reason))
        }
        A::WorkflowExecutionTimedOutEventAttributes(_) => {
            (Tone::Failed, "workflow timed out".to_owned())
        }
        _ => return None,
    })
}

fn all(payloads: Option<&Payloads>) -> String {
    let shown = payloads.map(|p| p.payloads.iter().map(one).collect::<Vec<_>>());
    shown.unwrap_or_default().join(", ")
}

/// One payload, shortened and on one line: what it holds may be anything.
fn one(payload: &Payload) -> String {
    let text = match payload.metadata.get("encoding").map(|e| &e[..]) {
        Some(b"binary/null") => return "null".to_owned(),
        Some(b"json/plain" | b"json/protobuf") => String::from_utf8_lossy(&payload.data),
        _ => return format!("{} bytes", payload.data.len()),
    };
    let mut shown: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(SHOWN)
        .collect();
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::json_payload;
    use temporal_protos::{common::ActivityType, history};

    fn story() -> Story {
        Screen { colours: false }.story("w1")
    }

    fn payloads(text: &str) -> Option<Payloads> {
        Some(Payloads {
            payloads: vec![json_payload(&text).unwrap()],
        })
    }

    #[test]
    fn an_end_names_what_began() {
        let mut story = story();
        let scheduled = HistoryEvent {
            event_id: 5,
            attributes: Some(
                history::ActivityTaskScheduledEventAttributes {
                    activity_type: Some(ActivityType {
                        name: "greet".to_owned(),
                    }),
                    input: payloads("ann"),
                    ..Default::default()
                }
                .into(),
            ),
            ..HistoryEvent::default()
        };
        let completed = HistoryEvent {
            event_id: 7,
            attributes: Some(
                history::ActivityTaskCompletedEventAttributes {
                    scheduled_event_id: 5,
                    result: payloads("hello ann"),
                    ..Default::default()
                }
                .into(),
            ),
            ..HistoryEvent::default()
        };
        let told = story.tell(&scheduled).unwrap();
        assert_eq!(
            told,
            (Tone::Begun, "activity greet(\"ann\") scheduled".to_owned())
        );
        let told = story.tell(&completed).unwrap();
        assert_eq!(
            told,
            (
                Tone::Done,
                "activity greet completed: \"hello ann\"".to_owned()
            )
        );
    }

    #[test]
    fn a_payload_is_short_and_cannot_drive_the_terminal() {
        let long = json_payload(&"x".repeat(500)).unwrap();
        assert_eq!(one(&long).chars().count(), SHOWN + 1);
        let mut hostile = json_payload(&"x").unwrap();
        hostile.data = bytes::Bytes::from_static(b"\x1b[2J");
        assert_eq!(one(&hostile), "[2J");
    }

    #[test]
    fn plain_lines_have_no_colour() {
        let line = story().format(Duration::from_millis(1500), Tone::Done, "done");
        assert_eq!(line, "   1.500 s  w1  done");
    }
}
