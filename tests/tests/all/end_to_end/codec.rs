//! Payload codecs: what the service sees, what everybody else sees, and a codec that fails.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use temporal_runtime::{
    App, CodecFuture, EmbeddedService, ErrorKind, MemoUpdate, PayloadCodec, RawValue,
    client::WorkflowStatus,
    prelude::*,
    testing::{TestEnvironment, block_on},
};

use super::{
    logs,
    world::{Cache, app, in_time},
};

/// Turns every bit around. It fails as often as it is told to.
#[derive(Default, Clone)]
struct Turns {
    refuses_to_encode: Arc<AtomicU32>,
    refuses_to_decode: Arc<AtomicU32>,
}

fn turned(data: &[u8]) -> Vec<u8> {
    data.iter().map(|byte| !byte).collect()
}

/// Whether there is one less to do now.
fn one_less(count: &AtomicU32) -> bool {
    let less = |count: u32| count.checked_sub(1);
    count
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
}

impl PayloadCodec for Turns {
    fn encode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_> {
        Box::pin(async move {
            // as one does that asks a key service
            tokio::task::yield_now().await;
            if one_less(&self.refuses_to_encode) {
                return Err("the key service is down".into());
            }
            let encoded = payloads.iter().map(|payload| {
                RawValue::from_parts([("encoding", "binary/turned")], turned(&payload.to_bytes()))
            });
            Ok(encoded.collect())
        })
    }

    fn decode(&self, payloads: Vec<RawValue>) -> CodecFuture<'_> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if one_less(&self.refuses_to_decode) {
                panic!("the key service is mad");
            }
            let decoded = payloads
                .into_iter()
                .map(|payload| match payload.encoding() {
                    "binary/turned" => RawValue::from_bytes(&turned(payload.data())),
                    _ => Ok(payload),
                });
            decoded.collect()
        })
    }
}

/// A service that anybody may look into, and an environment whose payloads are turned.
async fn begun(app: App) -> Result<(EmbeddedService, TestEnvironment)> {
    let service = EmbeddedService::start().await?;
    let environment = TestEnvironment::from_client(service.client(), app)?;
    Ok((service, environment))
}

/// What anybody sees of a run who has no codec.
async fn seen(service: &EmbeddedService, workflow_id: &str) -> Result<String> {
    Ok(format!(
        "{:?}",
        service.client().fetch_history(workflow_id, None).await?
    ))
}

#[activity(start_to_close = "30s", initial_interval = "10ms")]
async fn keeps_a_secret(ctx: &ActivityContext, secret: String) -> Result<String> {
    if ctx.info().attempt == 1 {
        ctx.heartbeat("a secret heartbeat");
        let error =
            ApplicationError::new("a secret message").detail("a secret detail".to_owned())?;
        return Err(error.error_type("Forgetful").into());
    }
    let before: Option<String> = ctx.heartbeat_details()?;
    Ok(format!("{secret} after {}", before.unwrap_or_default()))
}

#[activity(start_to_close = "30s")]
async fn repeats_a_secret(secret: String) -> Result<String> {
    Ok(secret)
}

#[activity(start_to_close = "30s", max_attempts = 1)]
async fn tells_a_secret() -> Result<()> {
    Err(ApplicationError::new("a secret refusal")
        .detail("a secret detail".to_owned())?
        .into())
}

#[workflow]
async fn secret_child(wf: &mut Wf, secret: String) -> Result<String> {
    wf.upsert_memo(MemoUpdate::new().set("note", "a secret change"))?;
    Ok(secret)
}

#[workflow]
#[derive(Default)]
struct Secretive {
    heard: Vec<String>,
}

#[workflow]
impl Secretive {
    #[run]
    async fn run(wf: &mut Wf<Self>, secret: String, again: bool) -> Result<Vec<String>> {
        let mut all = vec![wf.execute(keeps_a_secret::with(secret.as_str())).await?];
        let local = repeats_a_secret::with("a secret kept here").local();
        all.push(wf.execute(local).await?);
        let child = secret_child::with("a secret of a child").memo("note", "a secret memo");
        all.push(wf.execute(child).await?);
        let nap = timer(Duration::from_millis(1)).summary("a secret nap");
        wf.execute(nap).await?;
        if again {
            return wf.continue_as_new(Self::with("a secret of the next run", false));
        }
        wf.wait(|s| s.heard.len() > 1).await?;
        all.append(&mut wf.heard);
        Ok(all)
    }

    #[signal]
    fn hear(&mut self, secret: String) {
        self.heard.push(secret);
    }

    #[query]
    fn heard(&self, prefix: String) -> Vec<String> {
        self.heard
            .iter()
            .map(|heard| format!("{prefix}{heard}"))
            .collect()
    }

    #[update]
    async fn ask(wf: &mut Wf<Self>, secret: String) -> Result<String> {
        wf.heard.push(secret.clone());
        Ok(format!("{secret}, and a secret answer"))
    }

    #[update]
    async fn tell(wf: &mut Wf<Self>) -> Result<()> {
        wf.execute(tells_a_secret::with()).await
    }
}

fn on_both(test: impl AsyncFn(App) -> Result<()>) -> Result<()> {
    for cache in [Cache::Default, Cache::Off] {
        block_on(in_time(test(app(cache))))?;
    }
    Ok(())
}

#[test]
fn neither_the_service_nor_the_log_sees_a_value() -> Result<()> {
    logs::keep();
    on_both(async |app| {
        let (service, env) = begun(
            app.payload_codec(Turns::default())
                .encode_common_attributes(),
        )
        .await?;
        let workflow = env
            .client()
            .start(Secretive::with("a secret", true))
            .memo("customer", "a secret customer")
            .static_summary("a secret summary")
            .await?;
        workflow.hear("a secret signal").await?;
        let first_run = workflow.run_id().unwrap_or_default().to_owned();
        let workflow = env.client().workflow::<Secretive>(workflow.id());
        loop {
            let history = env.client().fetch_history(workflow.id(), None).await?;
            if format!("{history:?}").contains("a secret of the next run") {
                break;
            }
        }
        assert_eq!(
            workflow.ask("a secret update").await?,
            "a secret update, and a secret answer"
        );
        let refused = workflow.tell().await.expect_err("it tells");
        let failure = refused
            .failure()
            .and_then(Failure::application)
            .expect("why");
        assert_eq!(failure.message(), "a secret refusal");
        assert_eq!(failure.details()[0].decode::<String>()?, "a secret detail");
        assert_eq!(
            workflow.heard("it was ").await?.last().map(String::as_str),
            Some("it was a secret update")
        );
        workflow.hear("a secret end").await?;
        let all = workflow.result().await?;
        assert_eq!(all[0], "a secret of the next run after a secret heartbeat");
        assert_eq!(all[1..3], ["a secret kept here", "a secret of a child"]);
        assert_eq!(all.last().map(String::as_str), Some("a secret end"));
        let memo: Option<String> = workflow.describe().await?.memo("customer")?;
        assert_eq!(memo.as_deref(), Some("a secret customer"));

        let id = workflow.id();
        let told = format!("{:?}", env.client().fetch_history(id, None).await?);
        assert!(
            told.contains("a secret end") && told.contains("a secret nap"),
            "{told}"
        );
        for run in [None, Some(&*first_run)] {
            let seen = format!("{:?}", service.client().fetch_history(id, run).await?);
            assert!(!seen.contains("secret "), "{seen}");
            assert!(seen.contains("binary/turned"), "{seen}");
        }
        assert!(seen(&service, id).await?.contains("Encoded failure"));

        let logged = logs::lines(id).join("\n");
        for error in ["`Forgetful`, whose", "an error whose"] {
            let line = format!("an attempt failed: {error} message is encoded");
            assert!(logged.contains(&line), "{logged}");
        }
        assert!(!logged.contains("a secret"), "{logged}");
        Ok(())
    })
}

#[workflow]
async fn repeats(wf: &mut Wf, secret: String) -> Result<String> {
    wf.execute(repeats_a_secret::with(secret)).await
}

#[test]
fn a_codec_that_fails_fails_the_task_and_not_the_workflow() -> Result<()> {
    on_both(async |app| {
        let (worker, caller) = (Turns::default(), Turns::default());
        let service = EmbeddedService::start_on_port(0).await?;
        let env =
            TestEnvironment::from_client(service.client(), app.payload_codec(worker.clone()))?;
        let address = service.address().ok_or("it listens on a port")?.to_string();
        let options = temporal_runtime::client::ClientOptions::new(address);
        let client = Client::connect(options.payload_codec(caller)).await?;

        // how often what is sent and what came cannot be coded
        for (encode, decode) in [(0, 1), (1, 0), (2, 2)] {
            let id = format!("fails-{encode}-{decode}");
            worker.refuses_to_encode.store(encode, Ordering::SeqCst);
            worker.refuses_to_decode.store(decode, Ordering::SeqCst);
            let call = client.start(repeats::with("kept")).id(&*id);
            let workflow = call.task_queue(env.task_queue()).await?;
            assert_eq!(workflow.result().await?, "kept");
            let seen = seen(&service, &id).await?;
            assert!(seen.contains("WorkflowTaskFailed"), "{seen}");
            let why = if decode > 0 {
                "the payload codec could not decode: it panicked: the key service is mad"
            } else {
                "the payload codec could not encode: the key service is down"
            };
            // said as it is, or through the codec again
            let told = format!("{:?}", client.fetch_history(&id, None).await?);
            assert!(told.contains(why), "{told}");
            assert_eq!(workflow.describe().await?.status, WorkflowStatus::Completed);
        }
        Ok(())
    })
}

/// The codec that the activity below breaks.
static BROKEN: Mutex<Option<Turns>> = Mutex::new(None);

/// The codec refuses once the activity is at work.
#[activity(start_to_close = "30s", initial_interval = "10ms")]
async fn breaks_the_codec(ctx: &ActivityContext) -> Result<u32> {
    if let (1, Some(codec)) = (
        ctx.info().attempt,
        BROKEN.lock().ok().and_then(|mut b| b.take()),
    ) {
        codec.refuses_to_encode.store(1, Ordering::SeqCst);
    }
    Ok(ctx.info().attempt)
}

#[workflow]
async fn breaks_and_goes_on(wf: &mut Wf) -> Result<u32> {
    wf.execute(breaks_the_codec::with()).await
}

#[test]
fn a_result_that_cannot_be_encoded_fails_the_attempt() -> Result<()> {
    on_both(async |app| {
        let codec = Turns::default();
        if let Ok(mut broken) = BROKEN.lock() {
            *broken = Some(codec.clone());
        }
        let (_service, env) = begun(app.payload_codec(codec)).await?;
        assert_eq!(env.client().execute(breaks_and_goes_on::with()).await?, 2);
        Ok(())
    })
}

#[test]
fn a_call_whose_values_cannot_be_coded_fails() -> Result<()> {
    on_both(async |app| {
        let service = EmbeddedService::start_on_port(0).await?;
        let env =
            TestEnvironment::from_client(service.client(), app.payload_codec(Turns::default()))?;
        let address = service.address().ok_or("it listens on a port")?.to_string();
        let codec = Turns::default();
        let options = temporal_runtime::client::ClientOptions::new(address);
        let client = Client::connect(options.payload_codec(codec.clone())).await?;
        let start = || {
            client
                .start(repeats::with("kept"))
                .id("w")
                .task_queue(env.task_queue())
        };
        codec.refuses_to_encode.store(1, Ordering::SeqCst);
        let error = start().await.expect_err("it cannot be sent");
        assert_eq!(error.kind(), ErrorKind::Payload, "{error:?}");
        assert_eq!(
            error.to_string(),
            "the payload codec could not encode: the key service is down"
        );
        assert_eq!(error.workflow_id(), Some("w"));
        let workflow = start().await?;
        assert_eq!(workflow.result().await?, "kept");
        codec.refuses_to_decode.store(1, Ordering::SeqCst);
        let error = workflow.result().await.expect_err("it cannot be read");
        assert_eq!(error.kind(), ErrorKind::Payload, "{error:?}");
        Ok(())
    })
}
