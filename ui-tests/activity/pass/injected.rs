//! `&T` is injected: plain types, trait objects, the context, the instance of a block; in any place.

use std::sync::Mutex;

use temporal_runtime::prelude::*;

trait Mailer: Send + Sync {
    fn send(&self, to: &str) -> usize;
}

struct Silent;

impl Mailer for Silent {
    fn send(&self, to: &str) -> usize {
        to.len()
    }
}

struct Db {
    rows: Mutex<u32>,
}

#[activity(start_to_close = "1s")]
async fn notify(to: String, mailer: &dyn Mailer, ctx: &ActivityContext, db: &Db) -> Result<usize> {
    ctx.heartbeat("sending");
    *db.rows.lock().map_err(|_| "poisoned")? += 1;
    Ok(mailer.send(&to))
}

struct Payments {
    key: String,
}

#[activity(start_to_close = "30s", task_queue = "payments", heartbeat = "5s")]
impl Payments {
    /// Refunds a charge.
    #[activity(name = "Refund", start_to_close = "10s")]
    async fn refund(&self, db: &Db, id: String) -> Result<String> {
        *db.rows.lock().map_err(|_| "poisoned")? += 1;
        Ok(format!("{}:{id}", self.key))
    }

    #[activity]
    fn capture(cents: u64) -> Result<u64> {
        Ok(cents)
    }

    fn helper(&self) -> usize {
        self.key.len()
    }
}

#[workflow]
async fn uses_injected(wf: &mut Wf) -> Result<String> {
    wf.execute(notify::with("ann")).await?;
    wf.execute(Payments::capture_with(1)).await?;
    wf.execute(Payments::refund_with("r1")).await
}

#[test]
fn needs_and_options_are_registered() {
    let refund = crate::activity("Refund");
    assert_eq!(refund.needs.len(), 2);
    assert_eq!(refund.task_queue, Some("payments"));
    assert_eq!(refund.doc, "Refunds a charge.");
    assert_eq!(crate::activity("capture").needs.len(), 0);
    let names: Vec<_> = crate::activity("notify")
        .needs
        .iter()
        .map(|need| (need.name)())
        .collect();
    assert!(
        names[0].contains("dyn") && names[0].ends_with("Mailer"),
        "{names:?}"
    );
    assert!(
        names[1].ends_with("ActivityContext") && names[2].ends_with("Db"),
        "{names:?}"
    );
}

#[test]
fn a_unit_test_passes_plain_references() {
    let db = Db {
        rows: Mutex::new(0),
    };
    let payments = Payments {
        key: "k".to_owned(),
    };
    let refund = payments.refund(&db, "1".to_owned());
    assert_eq!(crate::ready(refund).ok().as_deref(), Some("k:1"));
    let ctx = ActivityContext::for_test();
    let sent = notify("ann".to_owned(), &Silent, &ctx, &db);
    assert_eq!(crate::ready(sent).ok(), Some(3));
    assert_eq!(
        (*db.rows.lock().expect("not poisoned"), payments.helper()),
        (2, 1)
    );
}
