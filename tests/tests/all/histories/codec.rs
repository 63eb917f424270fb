//! Histories whose payloads went through Python's codec, which compresses them; failures have encoded attributes.

use temporal_runtime::{
    CodecFuture, Error, PayloadCodec, RawValue,
    prelude::*,
    replay::{Replayed, Replayer, WorkflowHistory},
    testing::block_on,
};

use super::{activities::fail_with_chain, basics::greet, recorded::Recorded, zlib};

/// Replayed here rather than with the others.
pub(super) const ENCODED: &[&str] = &["payload_codec", "payload_codec_failure"];

/// The codec that these histories were recorded with.
struct Zlib;

impl PayloadCodec for Zlib {
    fn encode(&self, _: Vec<RawValue>) -> CodecFuture<'_> {
        Box::pin(async { Err("nothing is sent from here".into()) })
    }

    fn decode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_> {
        let decoded = payloads
            .into_iter()
            .map(|payload| match payload.encoding() {
                "binary/zlib" => {
                    let bytes = zlib::decompress(payload.data());
                    RawValue::from_bytes(&bytes.ok_or_else(|| Error::msg("this is not zlib"))?)
                }
                _ => Ok(payload),
            });
        let decoded = decoded.collect();
        Box::pin(async { decoded })
    }
}

fn decoded(name: &str) -> WorkflowHistory {
    let history = Recorded::load(name).history;
    block_on(async { history.decode_payloads(&Zlib).await }).expect("all of it is zlib")
}

fn replayer() -> Replayer {
    Replayer::new().expect("each workflow is registered once")
}

#[workflow(name = "CodecRoundTrip")]
#[derive(Default)]
struct CodecRoundTrip {
    values: Vec<String>,
}

#[workflow]
impl CodecRoundTrip {
    #[run]
    async fn run(wf: &mut Wf<Self>, name: String) -> Result<Vec<String>> {
        let call = greet::with(name.as_str()).summary("a summary goes through the codec too");
        let greeting = wf.execute(call).await?;
        let local = wf
            .execute(greet::with(format!("local {name}")).local())
            .await?;
        wf.wait(|s| !s.values.is_empty()).await?;
        let mut all = vec![greeting, local];
        all.append(&mut wf.values);
        Ok(all)
    }

    #[signal]
    fn add_value(&mut self, value: String) {
        self.values.push(value);
    }
}

#[workflow(name = "CodecFailure")]
async fn codec_failure(wf: &mut Wf) -> Result<()> {
    wf.execute(fail_with_chain::with()).await
}

#[test]
fn payload_codec() {
    let replayed = replayer().replay(&decoded("payload_codec")).unwrap();
    let Replayed::Completed(values) = replayed else {
        panic!("{replayed:?}")
    };
    let values: Vec<String> = values.decode().expect("they are texts");
    assert_eq!(values, ["Hello, Ada!", "Hello, local Ada!", "a signal"]);
}

#[test]
fn payload_codec_failure() {
    let replayed = replayer()
        .replay(&decoded("payload_codec_failure"))
        .unwrap();
    let Replayed::Failed(failure) = replayed else {
        panic!("{replayed:?}")
    };
    let messages: Vec<&str> = failure.chain().map(Failure::message).collect();
    assert_eq!(
        messages,
        [
            "Activity task failed",
            "cannot store the order",
            "disk is full"
        ]
    );
    let cause = failure.cause().expect("there is one");
    assert!(
        cause.stack_trace().contains("in fail_with_chain"),
        "{}",
        cause.stack_trace()
    );
    assert_eq!(
        cause.details()[1].decode::<String>().ok().as_deref(),
        Some("second detail")
    );
}

/// Without the codec the code meets values that nobody can read.
#[test]
fn without_its_codec_a_history_does_not_replay() {
    let error = replayer()
        .replay(&Recorded::load("payload_codec").history)
        .expect_err("its argument is compressed");
    assert!(!error.non_determinism, "{error}");
    assert!(error.message.contains("binary/zlib"), "{error}");
}

#[workflow]
async fn greets_here_first(wf: &mut Wf, name: String) -> Result<String> {
    wf.execute(greet::with(name).local()).await
}

#[test]
fn a_change_is_found_behind_a_codec() {
    let error = replayer()
        .replay_as("greets_here_first", &decoded("payload_codec"))
        .expect_err("the code was changed");
    let mismatch = error.mismatch.as_ref().expect("history is against it");
    assert!(error.non_determinism, "{error}");
    assert_eq!(
        (mismatch.event_id, &*mismatch.expected, &*mismatch.found),
        (
            5,
            "activity `greet` (id 1) scheduled",
            "no command (local activity `greet` (id 1) runs)"
        )
    );
}

#[workflow]
async fn does_not_fail(wf: &mut Wf) -> Result<()> {
    let _ = wf.execute(fail_with_chain::with()).await;
    Ok(())
}

#[test]
fn another_end_is_found_behind_a_codec() {
    let error = replayer()
        .replay_as("does_not_fail", &decoded("payload_codec_failure"))
        .expect_err("the code was changed");
    let mismatch = error.mismatch.as_ref().expect("history is against it");
    assert_eq!(
        (mismatch.event_id, &*mismatch.expected, &*mismatch.found),
        (11, "the workflow failed", "the workflow completed")
    );
}
