//! What stands around activities: in which order, what it may change, and what it hears of.

use std::sync::{Arc, Mutex, PoisonError};

use temporal_runtime::{
    ActivityAnswer, ActivityInterceptor, EmbeddedService, NextActivity, RawValue, WorkerOptions,
    client::ClientOptions,
    prelude::*,
    testing::{TestEnvironment, block_on},
};

use super::{
    arguments::Shop,
    world::{Cache, in_time},
};

/// What was heard, in order.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn say(&self, text: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says what it sees, and adds its letter to the argument and to the result.
struct Letter(&'static str, Heard);

impl ActivityInterceptor for Letter {
    fn execute_activity<'a>(
        &'a self,
        ctx: &'a ActivityContext,
        arguments: Vec<RawValue>,
        next: NextActivity<'a>,
    ) -> ActivityAnswer<'a> {
        let Self(letter, heard) = self;
        Box::pin(async move {
            let info = ctx.info();
            let kind = if info.is_local { "local " } else { "" };
            heard.say(format!("{letter} before {kind}{}", info.activity_type));
            let changed = arguments.iter().map(|argument| {
                let text: String = argument.decode()?;
                RawValue::encode(text + letter)
            });
            let changed: Result<Vec<RawValue>> = changed.collect();
            match next.run(changed?).await {
                Ok(result) => {
                    heard.say(format!("{letter} after"));
                    let text: String = result.decode()?;
                    Ok(RawValue::encode(format!("{text}-{letter}"))?)
                }
                Err(error) => {
                    let kind = if error.is_cancelled() {
                        "cancelled"
                    } else {
                        "failed"
                    };
                    heard.say(format!("{letter} {kind}: {error}"));
                    Err(error)
                }
            }
        })
    }
}

/// Nothing of its own.
struct Passes;

impl ActivityInterceptor for Passes {}

/// Lets nobody in who has no name.
struct Guard;

impl ActivityInterceptor for Guard {
    fn execute_activity<'a>(
        &'a self,
        _: &'a ActivityContext,
        arguments: Vec<RawValue>,
        next: NextActivity<'a>,
    ) -> ActivityAnswer<'a> {
        Box::pin(async move {
            let name: String = arguments[0].decode()?;
            if name.starts_with("nobody") {
                let denied = ApplicationError::new("no entry")
                    .error_type("Denied")
                    .non_retryable();
                return Err(denied.into());
            }
            assert!(!name.starts_with("trap"), "the guard fell");
            next.run(arguments).await
        })
    }
}

#[derive(Debug)]
struct ShelfEmpty;

impl std::fmt::Display for ShelfEmpty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the shelf is empty")
    }
}

impl std::error::Error for ShelfEmpty {}

#[activity(start_to_close = "30s", max_attempts = 1)]
async fn is_watched(text: String) -> Result<String> {
    Ok(text)
}

/// A plain function has a thread of its own.
#[activity(start_to_close = "30s", max_attempts = 1)]
fn is_watched_there(text: String) -> Result<String, ShelfEmpty> {
    match text.as_str() {
        "emptyAB" => Err(ShelfEmpty),
        "floorAB" => panic!("the floor is lava"),
        _ => Ok(text),
    }
}

#[workflow]
async fn is_intercepted(wf: &mut Wf, text: String) -> Result<Vec<String>> {
    let there = wf.execute(is_watched_there::with(text.as_str())).await?;
    let here = wf.execute(is_watched::with(text).local()).await?;
    Ok(vec![there, here])
}

/// A worker whose client has the outer interceptor, and a client of it.
async fn begun(cache: Cache, heard: &Heard) -> Result<(EmbeddedService, TestEnvironment)> {
    let service = EmbeddedService::start_on_port(0).await?;
    let address = service.address().ok_or("it listens on a port")?.to_string();
    let options = ClientOptions::new(address)
        .activity_interceptor(Letter("A", heard.clone()))
        .activity_interceptor(Passes);
    let client = Client::connect(options).await?;
    let options = match cache {
        Cache::Default => WorkerOptions::new(),
        Cache::Off => WorkerOptions::new().max_cached_workflows(0),
    };
    let options = options
        .activity_interceptor(Letter("B", heard.clone()))
        .activity_interceptor(Guard);
    let app = App::new()
        .only_module("all::end_to_end")
        .state(Shop::CORNER)
        .worker_options(options);
    Ok((service, TestEnvironment::from_client(&client, app)?))
}

#[test]
fn the_first_one_is_the_outermost() -> Result<()> {
    for cache in [Cache::Default, Cache::Off] {
        block_on(in_time(async {
            let heard = Heard::default();
            let (_service, env) = begun(cache, &heard).await?;
            let results = env.client().execute(is_intercepted::with("x")).await?;
            assert_eq!(results, ["xAB-B-A", "xAB-B-A"]);
            let expected = [
                "A before is_watched_there",
                "B before is_watched_there",
                "B after",
                "A after",
                "A before local is_watched",
                "B before local is_watched",
                "B after",
                "A after",
            ];
            assert_eq!(heard.take(), expected);
            Ok(())
        }))?;
    }
    Ok(())
}

#[test]
fn whatever_ends_an_attempt_is_heard_of() -> Result<()> {
    for cache in [Cache::Default, Cache::Off] {
        block_on(in_time(async {
            let heard = Heard::default();
            let (_service, env) = begun(cache, &heard).await?;
            for (text, error_type, message, told) in [
                (
                    "empty",
                    "ShelfEmpty",
                    "the shelf is empty",
                    Some("A failed: the shelf is empty"),
                ),
                (
                    "trapdoor",
                    "Panic",
                    "activity `is_watched_there` panicked: the guard fell",
                    None,
                ),
                (
                    "floor",
                    "Panic",
                    "activity `is_watched_there` panicked: the floor is lava",
                    Some("A failed: the activity panicked: the floor is lava"),
                ),
                ("nobody", "Denied", "no entry", Some("A failed: no entry")),
            ] {
                let call = env.client().execute(is_intercepted::with(text));
                let error = call.await.expect_err(text);
                let failure = error.failure().and_then(Failure::application).expect("why");
                assert_eq!(failure.error_type(), Some(error_type), "{failure:?}");
                assert!(failure.message().starts_with(message), "{failure:?}");
                let last = heard.take().pop();
                let last = last.unwrap_or_default();
                assert!(
                    last.starts_with(told.unwrap_or("B before is_watched_there")),
                    "{last}"
                );
            }
            Ok(())
        }))?;
    }
    Ok(())
}
