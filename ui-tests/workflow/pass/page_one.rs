//! The whole API on one page.

use serde::{Deserialize, Serialize};
use temporal_runtime::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    id: String,
    lines: Vec<String>,
    cents: u64,
}

/// What activities share.
struct Db {
    fee: u64,
}

/// Charges the customer.
#[activity(start_to_close = "30s", max_attempts = 5)]
async fn charge(
    db: &Db,
    ctx: &ActivityContext,
    order: String,
    cents: u64,
) -> anyhow::Result<String> {
    ctx.heartbeat("charging");
    anyhow::ensure!(cents > 0, "nothing to charge");
    Ok(format!("receipt-{order}-{}", cents + db.fee))
}

/// A plain `fn` runs on the blocking pool.
#[activity(start_to_close = "5s")]
fn render(receipt: String) -> Result<usize> {
    Ok(receipt.len())
}

#[activity(start_to_close = "30s")]
async fn refund(receipt: String) -> Result<()> {
    drop(receipt);
    Ok(())
}

/// No body: implemented by another worker.
#[activity(name = "Ship", task_queue = "warehouse", start_to_close = "1h")]
async fn ship(line: String) -> Result<String>;

#[workflow(task_queue = "orders")]
struct Checkout {
    approved_by: Option<String>,
    discount: u64,
    log: Vec<String>,
}

#[workflow]
impl Checkout {
    #[init]
    fn new(order: Order) -> Self {
        Self {
            approved_by: None,
            discount: 0,
            log: vec![order.id],
        }
    }

    /// Charges the order once somebody approved it.
    #[run]
    async fn run(wf: &mut Wf<Self>, order: Order) -> Result<String> {
        wf.wait(|s| s.approved_by.is_some()).await?;
        let cents = order.cents.saturating_sub(wf.discount);
        let receipt = wf.execute(charge::with(order.id.as_str(), cents)).await?;
        wf.log.push(receipt.clone());
        let both = wf
            .join((render::with(receipt.as_str()), hello::with("x")))
            .await;
        match both {
            Ok((pages, greeting)) => wf.log.push(format!("{pages} pages, {greeting}")),
            Err(e) => {
                wf.shielded().execute(refund::with(receipt)).await?;
                return Err(e);
            }
        }
        for line in order.lines {
            wf.execute(ship::with(line)).await?;
        }
        Ok(receipt)
    }

    #[signal]
    fn approve(&mut self, by: String) {
        self.approved_by = Some(by);
    }

    #[signal]
    async fn approve_later(wf: &mut Wf<Self>, by: String) -> Result<()> {
        wf.sleep(Duration::from_secs(3600)).await?;
        wf.approved_by.get_or_insert(by);
        Ok(())
    }

    /// What happened so far.
    #[query]
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }

    #[update]
    fn set_discount(&mut self, cents: u64) -> Result<u64> {
        Ok(std::mem::replace(&mut self.discount, cents))
    }

    #[validator(set_discount)]
    fn check_discount(&self, cents: &u64) -> Result<()> {
        if *cents > 10_000 {
            return Err("too much".into());
        }
        Ok(())
    }
}

/// A workflow without state is just a function.
#[workflow]
async fn hello(wf: &mut Wf, name: String) -> Result<String> {
    wf.sleep(Duration::from_secs(1)).await?;
    Ok(format!("hello {name}"))
}

async fn caller(client: &Client) -> Result<()> {
    let order = Order {
        id: "o-1".into(),
        lines: vec![],
        cents: 500,
    };
    let handle: CheckoutHandle = client.start(Checkout::with(order)).id("order-1").await?;
    assert!(handle.set_discount(20_000).await.is_err());
    handle.set_discount(100).await?;
    handle.approve("ann").await?;
    println!("{} / {:?}", handle.result().await?, handle.log().await?);
    let again = client.workflow::<Checkout>("order-1");
    println!("{}", again.log().await?.len());
    println!("{}", client.execute(hello::with("you")).id("h-1").await?);
    handle.cancel().await
}

#[test]
fn an_activity_is_still_a_function() {
    assert_eq!(render("four".to_owned()).ok(), Some(4));
    let _ = caller;
}
