//! Workflows that are only declared here, as if they were of another language, and driven through typed handles.

use temporal_runtime::prelude::*;

use super::{end_to_end, inherited::PausableHandle};

/// The other side: what the declarations below are of.
mod elsewhere {
    use temporal_runtime::prelude::*;

    #[workflow(name = "an account elsewhere")]
    pub(super) struct Account {
        cents: i64,
        notes: Vec<String>,
        closed: bool,
    }

    #[workflow]
    impl Account {
        #[init]
        fn new(cents: i64, _owner: String) -> Self {
            Self {
                cents,
                notes: Vec::new(),
                closed: false,
            }
        }

        #[run]
        async fn run(wf: &mut Wf<Self>, _cents: i64, owner: String) -> Result<String> {
            wf.wait(|account| account.closed).await?;
            Ok(format!("{owner} leaves with {}, {:?}", wf.cents, wf.notes))
        }

        #[signal(name = "addNote")]
        fn add_note(&mut self, note: String, urgent: bool) {
            self.notes
                .push(format!("{note}{}", if urgent { "!" } else { "" }));
        }

        #[signal]
        fn close(&mut self) {
            self.closed = true;
        }

        #[query]
        fn balance(&self) -> i64 {
            self.cents
        }

        #[update]
        fn deposit(&mut self, cents: i64) -> Result<i64> {
            if cents < 0 {
                return Err(ApplicationError::new("that is a withdrawal")
                    .error_type("Negative")
                    .into());
            }
            self.cents += cents;
            Ok(self.cents)
        }
    }
}

/// As a user would write it who has no such code at hand.
#[workflow(name = "an account elsewhere")]
struct Account;

#[workflow]
impl Account {
    /// Gives a text.
    #[run]
    async fn run(cents: i64, owner: String) -> Result<String>;

    #[signal(name = "addNote")]
    async fn note(note: String, urgent: bool);

    #[signal]
    fn close();

    #[query]
    fn balance() -> Result<i64>;

    #[update]
    fn deposit(cents: i64) -> Result<i64>;

    /// What has a body is this side's own.
    fn rich() -> i64 {
        1_000_000
    }
}

/// A declared function whose messages are those of a trait.
#[workflow(name = "Download", inherits(super::inherited::Pausable))]
async fn download() -> Result<Vec<String>>;

#[workflow]
async fn opens_an_account(wf: &mut Wf, neighbour: String) -> Result<String> {
    let account = wf.start(Account::with(5, "ann"));
    wf.execute(account.started()).await?;
    wf.execute(account.note("a child", false)).await?;
    wf.execute(
        wf.external_for::<Account>(neighbour)
            .note("a neighbour", true),
    )
    .await?;
    wf.execute(account.close()).await?;
    wf.execute(account).await
}

end_to_end! {
    async fn a_client_drives_what_is_declared(env) {
        let client = env.client();
        let account = client.start(Account::with(Account::rich(), "ann")).await?;
        account.note("first", true).await?;
        assert_eq!(account.deposit(7).await?, 1_000_007);
        let refused = account.deposit(-1).await.expect_err("it is negative");
        let failure = refused.failure().and_then(Failure::application).expect("why");
        assert_eq!((failure.message(), failure.error_type()), ("that is a withdrawal", Some("Negative")));
        // the same handle again, by its id
        let again = client.workflow::<Account>(account.id());
        assert_eq!(again.balance().await?, 1_000_007);
        again.close().await?;
        assert_eq!(account.result().await?, "ann leaves with 1000007, [\"first!\"]");
        // it is the other side's
        assert_eq!(client.workflow::<elsewhere::Account>(account.id()).balance().await?, 1_000_007);
    }

    async fn a_workflow_signals_what_is_declared(env) {
        let client = env.client();
        let neighbour = client.start(Account::with(1, "bob")).await?;
        let told = client.execute(opens_an_account::with(neighbour.id())).await?;
        assert_eq!(told, "ann leaves with 5, [\"a child\"]");
        neighbour.close().await?;
        assert_eq!(neighbour.result().await?, "bob leaves with 1, [\"a neighbour!\"]");
    }

    async fn a_declared_function_inherits_messages(env) {
        let run = env.client().start(download::with()).await?;
        run.pause("ann").await?;
        assert_eq!(run.pause_count().await?, 1);
        let any: PausableHandle = env.client().workflow_by_name(run.id()).into();
        assert_eq!(any.pause_count().await?, 1);
        run.terminate("the test is over").await?;
    }
}
