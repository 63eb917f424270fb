//! Handlers by name: names that are no identifiers, and which handler takes a name that two could take.

use temporal_runtime::{RawValue, prelude::*};

use super::end_to_end;

#[workflow]
#[derive(Default)]
struct LedgerByName {
    total: i64,
    others: Vec<String>,
    closed: bool,
}

#[workflow]
impl LedgerByName {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<(i64, Vec<String>)> {
        wf.wait(|s| s.closed).await?;
        Ok((wf.total, wf.others.clone()))
    }

    #[signal(name = "one more")]
    fn more(&mut self) {
        self.total += 1;
    }

    #[signal(dynamic)]
    fn any_signal(&mut self, name: String, _args: Vec<RawValue>) {
        self.others.push(format!("signal {name}"));
    }

    #[query(name = "how much?")]
    fn total(&self) -> i64 {
        self.total
    }

    #[query(dynamic)]
    fn any_query(&self, name: String, _args: Vec<RawValue>) -> String {
        format!("query {name}")
    }

    #[update(name = "take away", unfinished = "abandon")]
    fn take_away(&mut self, by: i64) -> Result<i64> {
        self.total -= by;
        Ok(self.total)
    }

    #[update(dynamic)]
    fn any_update(&mut self, name: String, _args: Vec<RawValue>) -> Result<String> {
        self.others.push(format!("update {name}"));
        Ok(name)
    }

    #[signal]
    fn close(&mut self) {
        self.closed = true;
    }
}

end_to_end! {
    async fn a_handler_of_that_name_comes_before_the_dynamic_one(env) {
        let ledger = env.client().start(LedgerByName::with()).await?;
        let by_name = env.client().workflow_by_name(ledger.id());
        by_name.signal("one more", ()).await?;
        ledger.more().await?;
        by_name.signal("more", ()).await?;
        assert_eq!(by_name.query::<i64>("how much?", ()).await?, 2);
        assert_eq!(ledger.total().await?, 2);
        assert_eq!(by_name.query::<String>("total", ()).await?, "query total");
        assert_eq!(by_name.update::<i64>("take away", (5,)).await?, -3);
        assert_eq!(ledger.take_away(1).await?, -4);
        assert_eq!(by_name.update::<String>("take_away", (1,)).await?, "take_away");
        ledger.close().await?;
        let others = vec!["signal more".to_owned(), "update take_away".to_owned()];
        assert_eq!(ledger.result().await?, (-4, others));
    }
}
