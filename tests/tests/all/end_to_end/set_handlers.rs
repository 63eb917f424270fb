//! Handlers that are set while the workflow runs, and signals that wait for theirs.

use temporal_runtime::{ErrorKind, prelude::*};

use super::end_to_end;

/// Hears of a name only when it runs.
#[workflow]
#[derive(Default)]
struct Switchboard {
    calls: Vec<String>,
    begun: bool,
    over: bool,
}

#[workflow]
impl Switchboard {
    #[run]
    async fn run(wf: &mut Wf<Self>, line: String, all: bool) -> Result<Vec<String>> {
        wf.wait(|s| s.begun).await?;
        let named = line.clone();
        wf.set_signal_handler(line.as_str(), move |board, arguments| {
            let text: String = arguments[0].decode()?;
            board.calls.push(format!("{named}: {text}"));
            Ok(())
        })?;
        let length = line.len();
        wf.set_query_handler(format!("{line} count"), move |board, arguments| {
            let least: usize = arguments[0].decode()?;
            Ok(board
                .calls
                .iter()
                .filter(|call| call.len() > least + length)
                .count())
        });
        wf.set_update_handler(format!("{line} hang up"), |board, arguments| {
            let why: String = arguments[0].decode()?;
            if why == "never" {
                return Err("nobody hangs up".into());
            }
            board.over = true;
            Ok(format!("hung up {why}"))
        });
        if all {
            wf.set_dynamic_signal_handler(|board, name, arguments| {
                board
                    .calls
                    .push(format!("{name} with {} arguments", arguments.len()));
                Ok(())
            })?;
        }
        wf.wait(|s| s.over).await?;
        Ok(wf.calls.clone())
    }

    #[signal]
    fn begin(&mut self) {
        self.begun = true;
    }

    /// Until another one takes its place.
    #[signal]
    fn operator(&mut self, text: String) {
        self.calls.push(format!("declared: {text}"));
    }
}

/// A wait that was answered before anybody handled it.
#[workflow]
async fn refuses_what_waited(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_millis(1)).await?;
    wf.set_signal_handler("order", |(), arguments| {
        let order: u32 = arguments[0].decode()?;
        Err(ApplicationError::new(format!("no order {order}"))
            .error_type("NoOrder")
            .into())
    })
}

end_to_end! {
    async fn signals_wait_for_the_handler_that_is_set(env) {
        let board = env.client().start(Switchboard::with("north", false)).await?;
        let other = env.client().workflow_by_name(board.id());
        let error = other.query::<usize>("north count", (0_usize,)).await.expect_err("not yet");
        assert_eq!(error.kind(), ErrorKind::Query);
        for text in ["first", "second"] {
            other.signal("north", (text,)).await?;
        }
        other.signal("south", ("to nobody",)).await?;
        // blocks nothing
        other.signal("north", (7,)).await?;
        board.operator("early").await?;
        board.begin().await?;
        other.signal("north", ("third",)).await?;
        // answered when the task is done that begins, so the handlers are there; an update may come with that task
        assert_eq!(other.query::<usize>("north count", (6_usize,)).await?, 4);
        let error = other.update::<String>("north hang up", ("never",)).await.expect_err("never");
        assert_eq!(error.failure().map(Failure::message), Some("nobody hangs up"), "{error:?}");
        assert_eq!(other.update::<String>("north hang up", ("now",)).await?, "hung up now");
        let calls = board.result().await?;
        assert_eq!(calls, ["declared: early", "north: first", "north: second", "north: third"]);
        // of a closed one, too
        assert_eq!(other.query::<usize>("north count", (0_usize,)).await?, 4);
    }

    async fn a_set_handler_takes_the_place_of_a_declared_one(env) {
        let board = env.client().start(Switchboard::with("operator", true)).await?;
        let other = env.client().workflow_by_name(board.id());
        board.operator("a").await?;
        other.signal("east", (1, 2)).await?;
        board.begin().await?;
        // answered when the task is done that sets the handlers
        assert_eq!(other.query::<usize>("operator count", (100_usize,)).await?, 0);
        other.signal("west", ()).await?;
        board.operator("b").await?;
        assert_eq!(other.update::<String>("operator hang up", ("now",)).await?, "hung up now");
        let calls = board.result().await?;
        let expected = ["declared: a", "east with 2 arguments", "west with 0 arguments", "operator: b"];
        assert_eq!(calls, expected);
    }

    async fn an_error_about_what_waited_is_the_callers(env) {
        let call = env.client().start_by_name("refuses_what_waited", ());
        let run = call.task_queue(env.task_queue()).with_signal("order", (7,)).await?;
        let error = run.result::<()>().await.expect_err("it is refused");
        let failure = error.failure().and_then(Failure::application).expect("why");
        assert_eq!((failure.error_type(), failure.message()), (Some("NoOrder"), "no order 7"));
    }
}
