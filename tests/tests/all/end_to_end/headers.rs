//! Headers: from who calls a client through workflows into activities, and on from there.

use std::{future::Future, sync::Arc};

use temporal_runtime::{
    ActivityAnswer, ActivityInterceptor, App, ContextPropagator, EmbeddedService, ErrorKind,
    Headers, NextActivity, RawValue, WorkerOptions,
    client::ClientOptions,
    prelude::*,
    testing::{TestEnvironment, block_on},
};

use super::world::{Cache, in_time};

tokio::task_local! {
    /// On whose behalf something is done.
    static USER: String;
}

/// Carries the user, in both directions; a user called `nobody` cannot call.
struct User;

impl ContextPropagator for User {
    fn inject(&self, headers: &mut Headers) -> Result<()> {
        match USER.try_with(String::clone) {
            Ok(user) if user == "nobody" => Err("nobody may not call".into()),
            Ok(user) => headers.set("user", user),
            Err(_) => Ok(()),
        }
    }

    fn passes_on(&self, name: &str) -> bool {
        name == "user"
    }
}

/// Puts the user where activities, and clients in them, look for one.
struct InBehalf;

impl ActivityInterceptor for InBehalf {
    fn execute_activity<'a>(
        &'a self,
        ctx: &'a ActivityContext,
        arguments: Vec<RawValue>,
        next: NextActivity<'a>,
    ) -> ActivityAnswer<'a> {
        Box::pin(async move {
            match ctx.info().headers.get::<String>("user")? {
                Some(user) => USER.scope(user, next.run(arguments)).await,
                None => next.run(arguments).await,
            }
        })
    }
}

fn user() -> String {
    USER.try_with(String::clone)
        .unwrap_or_else(|_| "-".to_owned())
}

/// Who it is done for, and all headers that came along.
#[activity(start_to_close = "30s")]
async fn tells_who(ctx: &ActivityContext) -> Result<(String, Vec<String>)> {
    let names = ctx.info().headers.names().map(str::to_owned);
    Ok((user(), names.collect()))
}

/// A client in an activity speaks for the same user.
#[activity(start_to_close = "30s")]
async fn has_another_do_it(client: &Client, ctx: &ActivityContext) -> Result<String> {
    let queue = &ctx.info().task_queue;
    client
        .execute(names_its_user::with())
        .task_queue(queue)
        .await
}

/// The user of a run, as it was started.
#[workflow]
async fn names_its_user(wf: &mut Wf) -> Result<String> {
    let info = wf.info();
    let user = info.headers.iter().find(|(name, _)| name == "user");
    user.map_or(Ok("-".to_owned()), |(_, user)| user.decode())
}

type Told = Vec<(String, Vec<String>)>;

/// Everything that carries headers.
#[workflow]
async fn passes_it_on(wf: &mut Wf, again: bool) -> Result<(Told, Vec<String>)> {
    if again {
        wf.sleep(Duration::from_millis(1)).await?;
        return wf.continue_as_new(passes_it_on::with(false));
    }
    let there = wf.execute(tells_who::with()).await?;
    let here = wf.execute(tells_who::with().local()).await?;
    let child = wf.execute(names_its_user::with()).await?;
    let by_client = wf.execute(has_another_do_it::with()).await?;
    Ok((vec![there, here], vec![child, by_client]))
}

fn with_propagator<F: Future<Output = Result<()>>>(
    cache: Cache,
    test: impl FnOnce(TestEnvironment, Arc<EmbeddedService>) -> F,
) -> Result<()> {
    block_on(in_time(async move {
        let service = EmbeddedService::start_on_port(0).await?;
        let address = service.address().ok_or("it listens on a port")?.to_string();
        let client = Client::connect(ClientOptions::new(address).context_propagator(User)).await?;
        let options = match cache {
            Cache::Default => WorkerOptions::new(),
            Cache::Off => WorkerOptions::new().max_cached_workflows(0),
        };
        let app = App::new()
            .only_module(module_path!())
            .worker_options(options.activity_interceptor(InBehalf));
        let env = TestEnvironment::from_client(&client, app)?;
        test(env, Arc::new(service)).await
    }))
}

#[test]
fn icp_30_headers_travel_through_workflows_into_activities_and_children() -> Result<()> {
    for cache in [Cache::Default, Cache::Off] {
        for again in [false, true] {
            with_propagator(cache, async move |env, _service| {
                let call = env.client().execute(passes_it_on::with(again));
                let call = call.header("hint", 7).header("other", "stays");
                let (told, users) = USER.scope("ann".to_owned(), call.into_future()).await?;
                // what nobody passes on ends with the workflow that it was sent to
                let expected = ("ann".to_owned(), vec!["user".to_owned()]);
                assert_eq!(told, [expected.clone(), expected]);
                assert_eq!(users, ["ann", "ann"]);
                let (told, users) = env.client().execute(passes_it_on::with(again)).await?;
                assert_eq!(told, vec![("-".to_owned(), Vec::new()); 2]);
                assert_eq!(users, ["-", "-"]);
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[test]
fn icp_29_a_start_has_headers_of_its_own() -> Result<()> {
    with_propagator(Cache::Default, async |env, _service| {
        let call = env
            .client()
            .start(names_its_user::with())
            .header("user", "bob");
        let run = USER.scope("ann".to_owned(), call.into_future()).await?;
        assert_eq!(run.result().await?, "bob", "what the call says wins");
        Ok(())
    })
}

/// Who may not call does not.
#[test]
fn a_propagator_can_refuse_a_call() -> Result<()> {
    with_propagator(Cache::Default, async |env, _service| {
        let run = env
            .client()
            .start(passes_it_on::with(true))
            .id("refused")
            .await?;
        let by_name = env.client().workflow_by_name("refused");
        let nobody = || "nobody".to_owned();
        let calls = [
            USER.scope(nobody(), by_name.signal("x", ()).into_future())
                .await,
            USER.scope(nobody(), by_name.query::<()>("x", ()).into_future())
                .await,
            USER.scope(nobody(), by_name.update::<()>("x", ()).into_future())
                .await,
            USER.scope(
                nobody(),
                env.client().start(names_its_user::with()).into_future(),
            )
            .await
            .map(drop),
        ];
        for refused in calls {
            let error = refused.expect_err("nobody may not call");
            assert_eq!(
                (error.kind(), error.to_string()),
                (ErrorKind::Message, "nobody may not call".to_owned())
            );
        }
        run.result().await.map(drop)
    })
}
