//! Histories as users get them: exported as JSON, fetched from a service, many at once.

use temporal_runtime::{
    RawValue,
    prelude::*,
    replay::{ReplayError, Replayed, Replayer, WorkflowHistory},
    testing::block_on,
};

use super::recorded::{Recorded, names, text};

/// The reader that is part of the product against the one of another project, on everything that was ever recorded.
#[test]
fn every_export_is_read_as_it_was_recorded() {
    for name in names() {
        let own =
            WorkflowHistory::from_json(&text(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(own == Recorded::load(&name).history, "{name}");
    }
}

#[test]
fn parsed_json_and_a_bare_list_of_events_will_do() -> Result<()> {
    let json: serde_json::Value = serde_json::from_str(&text("hello"))?;
    let history = WorkflowHistory::from_json_value(&json)?;
    assert_eq!(history, WorkflowHistory::from_json_value(&json["events"])?);
    assert_eq!(history.workflow_id(), "hist-hello");
    let error = WorkflowHistory::from_json("{\"events\": [").expect_err("half of it is missing");
    assert_eq!(error.to_string(), "this is not JSON");
    let error = WorkflowHistory::from_json("{}").expect_err("it has no events");
    assert!(
        error
            .to_string()
            .contains("begins with WorkflowExecutionStarted"),
        "{error}"
    );
    Ok(())
}

#[activity(start_to_close = "1s")]
async fn is_never_scheduled() -> Result<()>;

#[workflow]
async fn fits_none(wf: &mut Wf, _any: RawValue) -> Result<()> {
    wf.execute(is_never_scheduled::with()).await
}

/// Of many histories with many types all are replayed, and all that do not fit are told of; or only the first is.
#[test]
fn many_are_replayed_before_any_is_reported() -> Result<()> {
    let replayer = Replayer::new()?;
    let histories = ["hello", "timer", "activity_one"].map(super::recorded);
    let all: Vec<Replayed> = histories
        .iter()
        .map(|history| replayer.replay(history))
        .collect::<std::result::Result<_, _>>()?;
    assert_eq!(all.len(), 3);
    let wrong: Vec<ReplayError> = histories
        .iter()
        .filter_map(|history| replayer.replay_as("fits_none", history).err())
        .collect();
    let ids: Vec<&str> = wrong.iter().map(|error| &*error.workflow_id).collect();
    assert_eq!(ids, ["hist-hello", "hist-timer", "hist-activity_one"]);
    assert!(
        wrong.iter().all(|error| error.non_determinism),
        "{wrong:#?}"
    );
    Ok(())
}

/// A history that has no end yet is replayed as far as it goes.
#[test]
fn an_open_workflow_replays() -> Result<()> {
    let mut json: serde_json::Value = serde_json::from_str(&text("timer"))?;
    let events = json["events"].as_array_mut().ok_or("it has events")?;
    events.truncate(5);
    let history = WorkflowHistory::from_json_value(&json)?;
    assert_eq!(Replayer::new()?.replay(&history)?, Replayed::Open);
    Ok(())
}

#[workflow]
async fn is_listed(_wf: &mut Wf, number: u32) -> Result<u32> {
    Ok(number)
}

#[workflow]
async fn is_listed_and_waits(wf: &mut Wf) -> Result<()> {
    wf.wait(|()| false).await
}

#[test]
fn what_a_service_lists_is_replayed() -> Result<()> {
    let app = App::new().only_module(module_path!());
    block_on(async {
        let env = TestEnvironment::start(app).await?;
        let client = env.client();
        for number in 0..5 {
            client.execute(is_listed::with(number)).await?;
        }
        let open = client.start(is_listed_and_waits::with()).await?;
        while open.describe().await?.history_length < 4 {}
        let replayer = Replayer::new()?;
        let (mut ends, mut listed) = (Vec::new(), client.list("").histories());
        while let Some(history) = listed.next().await? {
            ends.push(match replayer.replay(&history)? {
                Replayed::Completed(value) => value.decode::<Option<u32>>()?,
                _ => None,
            });
        }
        ends.sort_unstable();
        assert_eq!(ends, [None, Some(0), Some(1), Some(2), Some(3), Some(4)]);
        let mut two = client
            .list("WorkflowType = 'is_listed'")
            .limit(2)
            .histories();
        assert!(two.next().await?.is_some() && two.next().await?.is_some());
        assert_eq!(two.next().await?, None);
        Ok(())
    })
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((bits ^ (bits >> 31)) % bound as u64).expect("it is below")
    }

    /// Takes a piece out, or puts one in that may be right in another place.
    fn spoil(&mut self, text: &mut Vec<u8>) {
        const PIECES: [&str; 12] = [
            "{", "}", "[", "]", ",", "\"", "null", "-1", "1e99", "\\u0000", "eventId", "\u{e9}",
        ];
        let at = self.below(text.len());
        let end = (at + self.below(8)).min(text.len());
        let piece = PIECES[self.below(PIECES.len())].bytes();
        text.splice(at..end, piece.take(self.below(2) * 8));
    }
}

/// Whatever text somebody takes for a history, it is read or refused, and what is read replays or does not.
#[test]
fn spoiled_exports_are_read_or_refused() -> Result<()> {
    let inputs = std::env::var("FUZZ_INPUTS").map_or(Ok(2000), |count| count.parse())?;
    let small: Vec<String> = names().iter().map(|name| text(name)).collect();
    let small: Vec<&String> = small.iter().filter(|text| text.len() < 6000).collect();
    let (replayer, mut random, mut read) = (Replayer::new()?, Random(29), 0);
    for _ in 0..inputs {
        let mut bytes = small[random.below(small.len())].clone().into_bytes();
        random.spoil(&mut bytes);
        if let Ok(history) = WorkflowHistory::from_json(&String::from_utf8_lossy(&bytes)) {
            read += 1;
            drop(replayer.replay(&history));
        }
    }
    assert!(read > inputs / 10, "only {read} of {inputs} could be read");
    Ok(())
}
