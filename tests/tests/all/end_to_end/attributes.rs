//! Search attributes and the memo: set by a client, a parent and a run before, changed by the workflow, found by lists.

use std::time::SystemTime;

use temporal_runtime::{MemoUpdate, SearchAttributeKey, prelude::*};

use super::{end_to_end, raw::deployed, world::Cache};

const CUSTOMER: SearchAttributeKey<String> = SearchAttributeKey::keyword("E2eCustomer");
const ABOUT: SearchAttributeKey<String> = SearchAttributeKey::text("E2eAbout");
const AMOUNT: SearchAttributeKey<i64> = SearchAttributeKey::int("E2eAmount");
const WEIGHT: SearchAttributeKey<f64> = SearchAttributeKey::double("E2eWeight");
const URGENT: SearchAttributeKey<bool> = SearchAttributeKey::bool("E2eUrgent");
const DUE: SearchAttributeKey<SystemTime> = SearchAttributeKey::datetime("E2eDue");
const TAGS: SearchAttributeKey<Vec<String>> = SearchAttributeKey::keyword_list("E2eTags");

const DUE_AT: Duration = Duration::from_secs(1_767_323_045);

fn shown(wf: &Wf) -> String {
    let attributes = wf.search_attributes();
    let due = attributes.get(&DUE);
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        attributes.get(&CUSTOMER),
        attributes.get(&ABOUT),
        attributes.get(&AMOUNT),
        attributes.get(&WEIGHT),
        attributes.get(&URGENT),
        due.and_then(|due| due.duration_since(SystemTime::UNIX_EPOCH).ok()),
        attributes.get(&TAGS),
        wf.memo().get::<String>("note").ok().flatten(),
    )
}

/// Sets all, goes on, unsets some, and gives what it saw; a new run or a child shows what it was started with.
#[workflow]
async fn is_searchable(wf: &mut Wf, stage: String) -> Result<Vec<String>> {
    let mut seen = vec![shown(wf)];
    if stage == "last" {
        return Ok(seen);
    }
    wf.upsert_search_attributes([
        CUSTOMER.set("ann"),
        ABOUT.set("a big order"),
        AMOUNT.set(42),
        WEIGHT.set(2.5),
        URGENT.set(true),
        DUE.set(SystemTime::UNIX_EPOCH + DUE_AT),
        TAGS.set(vec!["a".to_owned(), "b".to_owned()]),
    ]);
    wf.upsert_memo(MemoUpdate::new().set("note", "changed"))?;
    wf.sleep(Duration::from_millis(1)).await?;
    seen.push(shown(wf));
    let child = is_searchable::with("last")
        .search_attributes([AMOUNT.set(7)])
        .memo("note", "of a child");
    seen.extend(wf.execute(child).await?);
    wf.upsert_search_attributes([AMOUNT.unset(), URGENT.set(false)]);
    wf.sleep(Duration::from_millis(1)).await?;
    if stage == "first" {
        let next = is_searchable::with("last").memo("note", seen.join("\n"));
        return wf.continue_as_new(next);
    }
    seen.push(shown(wf));
    Ok(seen)
}

/// An attribute that no service defines.
#[workflow]
async fn uses_an_unknown_name(wf: &mut Wf) -> Result<()> {
    wf.upsert_search_attributes([SearchAttributeKey::keyword("E2eNobodyDefinedThis").set("x")]);
    Ok(())
}

#[workflow]
async fn keeps_a_memo(wf: &mut Wf) -> Result<Vec<String>> {
    wf.upsert_memo(MemoUpdate::new().set("added", 1).remove("dropped"))?;
    wf.sleep(Duration::from_millis(1)).await?;
    Ok(wf.memo().keys().map(str::to_owned).collect())
}

const ALL: &str = r#"Some("ann") Some("a big order") Some(42) Some(2.5) Some(true) Some(1767323045s) Some(["a", "b"]) Some("changed")"#;

fn search_attributes(cache: Cache) -> Result<()> {
    deployed(cache, async |deployment| {
        deployment.define_search_attributes().await?;
        let client = deployment.client();
        let call = is_searchable::with("only")
            .search_attributes([CUSTOMER.set("bob")])
            .memo("note", "of the client");
        let seen = client.execute(call).id("searchable-1").await?;
        assert_eq!(
            seen,
            [
                r#"Some("bob") None None None None None None Some("of the client")"#,
                ALL,
                r#"None None Some(7) None None None None Some("of a child")"#,
                r#"Some("ann") Some("a big order") None Some(2.5) Some(false) Some(1767323045s) Some(["a", "b"]) Some("changed")"#,
            ]
        );
        let handle = client.workflow_by_name("searchable-1");
        let attributes = handle.describe().await?.search_attributes.clone();
        assert_eq!(attributes.get(&CUSTOMER).as_deref(), Some("ann"));
        assert_eq!(attributes.get(&AMOUNT), None);
        for (query, count) in [
            ("E2eCustomer = 'ann' AND E2eUrgent = false", 1),
            ("E2eCustomer = 'bob'", 0),
            ("E2eTags IN ('b') AND E2eWeight > 2", 1),
            ("E2eDue = '2026-01-02T03:04:05Z'", 1),
            ("E2eAmount = 7", 1),
            ("E2eAmount = 42", 0),
        ] {
            assert_eq!(client.count(query).await?, count, "{query}");
        }
        Ok(())
    })
}

#[test]
fn search_attributes_are_set_changed_read_and_found() -> Result<()> {
    search_attributes(Cache::Default)
}

#[test]
fn search_attributes_are_set_changed_read_and_found_without_cache() -> Result<()> {
    search_attributes(Cache::Off)
}

#[test]
fn a_new_run_keeps_the_attributes_as_they_are() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        deployment.define_search_attributes().await?;
        let client = deployment.client();
        let seen = client.execute(is_searchable::with("first")).await?;
        let kept = r#"Some("ann") Some("a big order") None Some(2.5) Some(false) Some(1767323045s) Some(["a", "b"])"#;
        assert!(seen[0].starts_with(kept), "{seen:?}");
        assert!(seen[0].contains("of a child"), "the memo is the new one");
        Ok(())
    })
}

#[test]
fn an_attribute_that_the_service_does_not_know_fails_the_task() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let id = "unknown-attribute";
        let handle = deployment
            .client()
            .start(uses_an_unknown_name::with())
            .id(id)
            .await?;
        let failed = deployment.failed_task(id).await?;
        assert_eq!(
            failed.cause,
            temporal_protos::enums::WorkflowTaskFailedCause::BadSearchAttributes
        );
        assert!(
            failed.message.contains("E2eNobodyDefinedThis"),
            "{failed:?}"
        );
        handle.terminate("the test is over").await
    })
}

end_to_end! {
    async fn a_memo_is_changed_by_its_workflow(env) {
        let call = keeps_a_memo::with().memo("dropped", true);
        let handle = env.client().start(call).memo("kept", "yes").await?;
        assert_eq!(handle.result().await?, ["added", "kept"]);
        let description = handle.describe().await?;
        assert_eq!(description.memo::<u32>("added")?, Some(1));
        assert_eq!(description.memo::<String>("kept")?.as_deref(), Some("yes"));
        assert_eq!(description.memo::<bool>("dropped")?, None);
    }
}
